import type { Command } from 'commander';
import getPort from 'get-port';
import { describe, expect, it, vi } from 'vitest';
import { addDeliveries } from '../../src/cli/deliveries.ts';
import { addRebuild } from '../../src/cli/rebuild.ts';
import { OperatorError } from '../../src/operator-error.ts';
import { fixture } from '../calcom/support.ts';
import { post } from '../server/support.ts';
import { runCommand } from './run-command.ts';
import { useOperator } from './use-operator.ts';

const BOOKING = JSON.stringify(fixture('booking-created'));

const operator = useOperator();
const precall = (...args: string[]) => runCommand(addCommands, ...args, '--url', operator.url);

function addCommands(program: Command): void {
  for (const add of [addDeliveries, addRebuild]) add(program);
}

async function arrives(body: string): Promise<string> {
  return `${(await post(operator.server, body)).json<{ deliveryId: number }>().deliveryId}`;
}

describe('precall deliveries list', () => {
  it('shows the newest first, in a table', async () => {
    const [older, newer] = [await arrives(BOOKING), await arrives('false')];

    const [head, first, second] = (await precall('deliveries', 'list')).split('\n');

    expect(head).toMatch(/^id +received +status +trigger +booking +reason$/);
    expect(first).toMatch(new RegExp(`^${newer} +\\S+Z +quarantined +- +- +not_an_object$`));
    expect(second).toMatch(new RegExp(`^${older} +\\S+Z +pending +BOOKING_CREATED +zcioSE6n51cbpobbEprooE +-$`));
  });

  it('shows only those asked for, and where the next page begins', async () => {
    await arrives(BOOKING);
    for (const body of ['false', 'true', 'null']) await arrives(body);

    const page = await precall('deliveries', 'list', '--status', 'quarantined', '--limit', '2');
    const [, before] = /--before (\d+)/.exec(page) ?? [];
    const next = await precall('deliveries', 'list', '--status', 'quarantined', '--before', before!);

    expect(page.match(/quarantined/g)).toHaveLength(2);
    expect(next.match(/quarantined/g)).toHaveLength(1);
    expect(await precall('deliveries', 'list', '--status', 'rejected')).toBe('No deliveries.\n');
  });

  it('is JSON for programs', async () => {
    const id = await arrives(BOOKING);

    expect(JSON.parse(await precall('deliveries', 'list', '--json'))).toMatchObject({
      deliveries: [{ id: Number(id) }],
    });
  });
});

describe('precall deliveries show', () => {
  it('shows the body laid out, and what is known about the delivery', async () => {
    const shown = await precall('deliveries', 'show', await arrives(BOOKING));

    expect(shown).toMatch(/^signature +valid$/m);
    expect(shown).toMatch(/^ {2}"triggerEvent": "BOOKING_CREATED",$/m);
  });

  it('lets no control character through to the terminal', async () => {
    const shown = await precall('deliveries', 'show', await arrives('red \u001b[31m \u0007 \u202e end\r\nline'));

    expect(shown).toContain('\u{fffd}[31m');
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('precall deliveries redeliver', () => {
  it('hands on what can be read', async () => {
    const id = await arrives(BOOKING);

    expect(await precall('deliveries', 'redeliver', id)).toContain('handed on');
    expect(process.exitCode).toBe(0);
  });

  it('fails when it cannot', async () => {
    expect(await precall('deliveries', 'redeliver', await arrives('false'))).toContain(
      'is still quarantined: not_an_object',
    );
    expect(process.exitCode).toBe(1);
  });
});

describe('precall rebuild', () => {
  it('tells what was found', async () => {
    expect(await precall('rebuild')).toBe('Every one of 0 live bookings has its run.\n');
    expect(await precall('rebuild', '--since', '2h')).toContain('0 deliveries are dispatched again.');
  });
});

describe('when the server cannot be asked', () => {
  const failure = (...args: string[]) =>
    precall(...args).then(
      () => undefined,
      (error: unknown) => error,
    );

  it.each<[string, string, () => void]>([
    ['the token is wrong', 'does not know this token', () => vi.stubEnv('OPERATOR_TOKEN', 'quite-another-token')],
    ['there is none', 'asks for a token', () => vi.stubEnv('OPERATOR_TOKEN', '')],
  ])('says that %s', async (_, words, given) => {
    given();

    const error = await failure('deliveries', 'list');

    expect(error).toBeInstanceOf(OperatorError);
    expect((error as Error).message).toContain(words);
  });

  it('says that it does not answer', async () => {
    operator.url = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;

    expect(await failure('rebuild')).toMatchObject({
      message: expect.stringContaining('does not answer (ECONNREFUSED)'),
    });
  });

  it('says that something else answers there', async () => {
    operator.url = `${operator.url}/elsewhere`;

    expect(await failure('rebuild')).toMatchObject({ message: expect.stringContaining('is it the right address?') });
  });

  it('says that there is no such delivery', async () => {
    expect(await failure('deliveries', 'show', '999999')).toMatchObject({
      message: expect.stringContaining('no_such_delivery'),
    });
  });
});
