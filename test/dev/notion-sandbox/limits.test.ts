import { describe, expect, it } from 'vitest';
import { createClock } from '../../../src/dev/notion-sandbox/clock.ts';
import type { NotionSandbox } from '../../../src/dev/notion-sandbox/sandbox.ts';
import { ann, ask, book, me, NOON, query, useSandbox } from './server-support.ts';

const start = useSandbox();

/** The statuses of so many requests, one after the other. */
async function statusesOf(sandbox: NotionSandbox, count: number, token = sandbox.token): Promise<number[]> {
  const statuses: number[] = [];
  for (let times = 0; times < count; times += 1) statuses.push((await me(sandbox, { token })).status);
  return statuses;
}

describe('the budget of a token', () => {
  it('is whole again with each minute of the clock, and not before', async () => {
    const sandbox = await start({ limits: { perToken: 3 } });
    sandbox.setClock(NOON + 40_000);
    expect(await statusesOf(sandbox, 5)).toEqual([200, 200, 200, 429, 429]);

    sandbox.setClock(NOON + 59_999);
    expect(await statusesOf(sandbox, 1)).toEqual([429]);
    sandbox.setClock(NOON + 60_000);
    expect(await statusesOf(sandbox, 4)).toEqual([200, 200, 200, 429]);
  });

  it('is told, once spent, as Notion tells it: when the minute is over, in whole seconds', async () => {
    const sandbox = await start({ limits: { perToken: 1 } });
    sandbox.setClock(NOON + 18_500);
    await me(sandbox);

    const { status, headers, body } = await me(sandbox);

    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('42');
    expect(body).toMatchObject({
      object: 'error',
      status: 429,
      code: 'rate_limited',
      additional_data: { rate_limit_reason: 'public_api_request_rate_limit', retry_after: '42' },
    });
  });

  it('is announced by nothing before it is spent', async () => {
    const sandbox = await start({ limits: { perToken: 1 } });
    const names = [...(await me(sandbox)).headers.keys()];
    expect(names.filter((name) => /rate|limit|retry/.test(name))).toEqual([]);
  });

  it('keeps what is refused from happening', async () => {
    const sandbox = await start({ limits: { perToken: 0 } });
    const id = ann(sandbox);
    await book(sandbox, id);
    expect(sandbox.journal).toMatchObject([{ status: 429, code: 'rate_limited', committed: false }]);
  });

  it('is nobody’s whom Notion does not know', async () => {
    const sandbox = await start({ limits: { perToken: 1 } });
    expect(await statusesOf(sandbox, 3, 'ntn_unknown')).toEqual([401, 401, 401]);
    expect(await statusesOf(sandbox, 1)).toEqual([200]);
  });

  it('goes before faults, which are not spent by it', async () => {
    const sandbox = await start({ limits: { perToken: 0 } });
    sandbox.fail({ action: { error: 503 } });
    expect(await statusesOf(sandbox, 1)).toEqual([429]);
    sandbox.limit({});
    expect(await statusesOf(sandbox, 2)).toEqual([503, 200]);
  });
});

describe('the budget of the workspace', () => {
  it('is shared with other integrations, and may take longer than a minute to come back', async () => {
    const sandbox = await start();
    sandbox.setClock(NOON);
    sandbox.limit({ perToken: 100, perWorkspace: 10, workspaceWindowMs: 600_000 });
    sandbox.spendElsewhere(8);
    expect(await statusesOf(sandbox, 3)).toEqual([200, 200, 429]);

    sandbox.advanceClock(60_000);
    const { headers, body } = await me(sandbox);

    expect(headers.get('retry-after')).toBe('540');
    expect(body).toMatchObject({
      additional_data: { rate_limit_reason: 'public_api_space_request_rate_limit', retry_after: '540' },
    });
    sandbox.advanceClock(540_000);
    expect(await statusesOf(sandbox, 1)).toEqual([200]);
  });

  it('is not told apart from none where nobody has set one', async () => {
    const sandbox = await start();
    sandbox.spendElsewhere(1_000_000);
    expect(await statusesOf(sandbox, 1)).toEqual([200]);
  });
});

describe('the clock', () => {
  it('goes by the time it is given, until it is set', () => {
    let time = 1_000;
    const clock = createClock(() => time);
    const seen = [clock.now()];
    const goOn = () => {
      time += 10;
    };
    const lookAfter = (act: () => void) => {
      act();
      seen.push(clock.now());
    };

    lookAfter(goOn);
    lookAfter(() => clock.advance(500));
    lookAfter(goOn);
    lookAfter(() => clock.set(9_000));
    lookAfter(goOn);
    lookAfter(() => clock.advance(5));
    lookAfter(() => clock.run());
    lookAfter(goOn);

    expect(seen).toEqual([1_000, 1_010, 1_510, 1_520, 9_000, 9_000, 9_005, 9_005, 9_015]);
  });

  it('dates what is written', async () => {
    const sandbox = await start({ now: () => NOON });
    sandbox.advanceClock(3 * 60_000);
    const { body } = await book(sandbox, ann(sandbox));
    expect(body).toMatchObject({ last_edited_time: '2026-01-05T12:03:00.000Z' });
  });

  it('says how late queries and searches see what is new', async () => {
    const sandbox = await start({ now: () => NOON });
    sandbox.change({ kind: 'limit', queryLagMs: 5_000, searchLagMs: 60_000 });
    const zoe = sandbox.contacts.add({ Name: 'Zoe', email: 'zoe@example.com' });
    const isSeen = async () => {
      const answers = [
        await query(sandbox),
        await ask(sandbox, '/v1/search', { method: 'POST', body: { query: 'Zoe' } }),
      ];
      return answers.map(({ text }) => text.includes(zoe));
    };

    expect(await isSeen()).toEqual([false, false]);
    sandbox.advanceClock(5_000);
    expect(await isSeen()).toEqual([true, false]);
    sandbox.advanceClock(55_000);
    expect(await isSeen()).toEqual([true, true]);
  });
});
