import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addReconcile } from '../../src/cli/reconcile.ts';
import { type ReconcileNow, reconcileApi } from '../../src/server/reconcile-api.ts';
import type { FoundDifference, ReconcilePass, ReconcileReport } from '../../src/workflows/reconcile.ts';
import { runCommand } from './run-command.ts';

const TOKEN = 'the-token-of-the-operator';
const FOUND_AT = '2026-12-02T12:00:00.000Z';

let app: FastifyInstance | undefined;
afterEach(async () => {
  await app?.close();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

function aPass(report: Partial<ReconcileReport> = {}, ...differences: FoundDifference[]): ReconcilePass {
  return {
    report: { status: 'done', listed: 7, unreadable: 0, compared: 5, repaired: {}, noted: 0, ...report },
    differences,
  };
}

const UNHEARD: FoundDifference = { bookingUid: 'abc', finding: 'unannounced', outcome: 'repaired', foundAt: FOUND_AT };
const CANCELLED: FoundDifference = { bookingUid: 'def', finding: 'cancelled', outcome: 'waits', foundAt: FOUND_AT };

/** @returns what was written; the exit code is the process's. */
async function precall(reconcile: ReconcileNow | undefined, ...args: string[]): Promise<string> {
  vi.stubEnv('OPERATOR_TOKEN', TOKEN);
  app = Fastify();
  app.register(reconcileApi, { reconcile, dispatcher: { wake: () => undefined }, token: TOKEN });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return runCommand(addReconcile, 'reconcile', ...args, '--url', url);
}

describe('precall reconcile', () => {
  it('shows what differed, and what became of it', async () => {
    const text = await precall(async () => aPass({}, UNHEARD, CANCELLED));

    expect(text).toMatch(/^abc +- +unannounced +\S+Z +put right$/m);
    expect(text).toMatch(/^def +- +cancelled +\S+Z +waits for a later pass to find the same$/m);
    expect(text).toContain('5 bookings compared, 2 differ. Cal.com has listed 7.');
    expect(process.exitCode).toBe(0);
  });

  it('says of a dry run what a pass would do', async () => {
    const asked: object[] = [];
    const text = await precall(async (options) => {
      asked.push(options);
      return aPass({}, UNHEARD);
    }, '--dry-run');

    expect(asked).toEqual([{ dryRun: true }]);
    expect(text).toMatch(/would be put right$/m);
  });

  it('has little to say when nothing differs', async () => {
    expect(await precall(async () => aPass())).toBe('5 bookings compared, 0 differ. Cal.com has listed 7.\n');
  });

  it('is JSON for programs', async () => {
    expect(JSON.parse(await precall(async () => aPass({}, UNHEARD), '--json'))).toEqual(aPass({}, UNHEARD));
  });

  it('fails when Cal.com could not be asked, and says why', async () => {
    const text = await precall(async () => aPass({ status: 'unavailable', reason: "Cal.com's API answered 503" }));

    expect(text).toContain("(unavailable): Cal.com's API answered 503");
    expect(process.exitCode).toBe(1);
  });

  it('says what to set where there is no key', async () => {
    await expect(precall(undefined)).rejects.toThrow(/no_api_key.*CALCOM_API_KEY/);
  });
});
