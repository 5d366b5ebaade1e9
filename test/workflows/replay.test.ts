import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

const FOLDER = new URL('../histories/', import.meta.url);
const HISTORIES = readdirSync(FOLDER).map((file) => ({
  story: file.replace('.json', ''),
  history: JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as History,
}));

interface History {
  events: { eventId: string; eventType: string }[];
}

const QUIET = new DefaultLogger('ERROR');
// Core tells of a history that does not fit by itself, as a warning on the console.
Runtime.install({ logger: QUIET, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });

describe('the workflow as it is now', () => {
  let workflowBundle: WorkflowBundleWithSourceMap;

  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('../../src/workflows', import.meta.url));
    workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: QUIET });
  }, 60_000);

  it.each(HISTORIES)('goes on where it was: $story', async ({ history }) => {
    await Worker.runReplayHistory({ workflowBundle }, history);
  });

  it('is noticed when it would decide otherwise than it did', async () => {
    const { history } = HISTORIES.find(({ story }) => story === 'three-reminders')!;
    const timer = history.events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_TIMER_STARTED');
    const other = history.events.with(timer, { ...history.events[timer + 1]!, eventId: String(timer + 1) });

    await expect(Worker.runReplayHistory({ workflowBundle }, { events: other })).rejects.toThrow(/nondeterminism/i);
  });
});

describe('the recorded histories', () => {
  it('hold runs that have ended and runs that still wait', () => {
    const ended = HISTORIES.filter(
      ({ history }) => history.events.at(-1)?.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
    );

    expect(ended.length).toBeGreaterThanOrEqual(5);
    expect(HISTORIES.length - ended.length).toBeGreaterThanOrEqual(2);
  });

  it('hold nobody but invented people, and nothing of the machine that recorded them', () => {
    for (const { history } of HISTORIES) {
      const text = JSON.stringify(history, (key, value) =>
        key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
      );
      const addresses = text.match(/(?<![\w/])[\w.+-]+@[\w-]+\.[\w.]+/g) ?? [];

      expect(addresses.filter((address) => !/@(example\.com|sms\.cal\.com)$/.test(address))).toEqual([]);
      expect(text).not.toMatch(/stackTrace|node_modules/);
    }
  });
});

describe('the packages of the Temporal SDK', () => {
  it('read histories with one and the same protobufjs 8: with two of them JSON cannot be replayed', () => {
    const root = createRequire(import.meta.url);
    const users = ['client', 'common', 'proto', 'testing', 'worker'].map((name) =>
      createRequire(root.resolve(`@temporalio/${name}/package.json`)).resolve('protobufjs/package.json'),
    );

    expect(new Set(users)).toEqual(new Set([root.resolve('protobufjs/package.json')]));
    expect(root('protobufjs/package.json')).toMatchObject({ version: expect.stringMatching(/^8\./) });
  });
});
