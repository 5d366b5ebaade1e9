import { describe, expect, it } from 'vitest';
import { createLocalPace } from '../../src/local-pace.ts';
import type { Ask, BeginAsking, Call } from '../../src/notion/ask.ts';
import { type Clock, realClock } from '../../src/notion/clock.ts';
import { NotionBusy, NotionUnavailable } from '../../src/notion/errors.ts';
import type { Pace, Turn } from '../../src/pace.ts';
import { mostInAMinute } from '../support/most-in-a-minute.ts';
import { addPage, anAsking, readPage, setTitle } from './asking.ts';
import {
  edge,
  limited,
  type Move,
  PAGE_ID,
  refused,
  type ScriptedNotion,
  useScriptedNotion,
} from './scripted-notion.ts';
import { rejectionOf } from './support.ts';

/** Answers, and their absence, that leave open what has happened. */
const OPEN: [string, Move][] = [
  ['a 500', refused(500, 'internal_server_error')],
  ['a 502', refused(502, 'bad_gateway')],
  ['a 502 in HTML', edge(502)],
  ['a 503', refused(503, 'service_unavailable')],
  ['a 503 of the database behind', refused(503, 'database_connection_unavailable')],
  ['a 503 in HTML', edge(503)],
  ['a 504', refused(504, 'gateway_timeout')],
  ['a 408', edge(408)],
  ['a 200 in HTML', edge(200)],
  ['an empty 200', { status: 200, body: '' }],
  ['a 200 that ends too early', { status: 200, body: '{"object":"pa' }],
  ['a 200 that is no object', { status: 200, body: 'null' }],
  ['silence', 'hang'],
  ['half an answer', 'hang_in_body'],
  ['a closed connection', 'drop'],
];
const CONFLICT = refused(409, 'conflict_error');
const SAVED = refused(503, 'service_unavailable', {
  data: {
    committed_resource_id: PAGE_ID,
    retry_guidance: ['Read the object again to confirm the saved change.', 'Do not repeat the write.'],
  },
});

/** Waits only where there is nothing to wait for: a busy machine may be slow to answer. */
function patienceWith(move: Move) {
  const ms = typeof move === 'string' ? 200 : 10_000;
  return { timeoutsMs: { read: ms, write: ms } };
}

const methodsOf = (notion: ScriptedNotion) => notion.met.map(({ method }) => method);
const never = async (): Promise<never> => expect.fail('It was looked whether it was done.');

describe('reading', () => {
  const start = useScriptedNotion();

  it.each([...OPEN, ['a 409', CONFLICT] as [string, Move]])('is done again after %s', async (_, move) => {
    const notion = await start();
    notion.script(move);
    const { begin } = anAsking(notion, patienceWith(move));

    await expect(begin().read(readPage)).resolves.toMatchObject({ id: PAGE_ID });

    expect(methodsOf(notion)).toEqual(['GET', 'GET']);
  });

  it('is given up after five tries, each a little later than the one before', async () => {
    const notion = await start();
    notion.script(...Array<Move>(9).fill(edge(502)));
    const { begin, clock } = anAsking(notion, { random: () => 1 });

    expect(await rejectionOf(begin().read(readPage))).toMatchObject({
      name: 'NotionUnavailable',
      message: 'Notion answered 502',
    });

    expect(notion.met).toHaveLength(5);
    expect(clock.naps).toEqual([500, 1_000, 2_000, 4_000]);
  });

  it('knows which try it is, so that it may ask for less', async () => {
    const notion = await start();
    notion.script(edge(503), edge(503));
    const tries: number[] = [];

    await anAsking(notion)
      .begin()
      .read((client, attempt) => {
        tries.push(attempt);
        return readPage(client, attempt);
      });

    expect(tries).toEqual([1, 2, 3]);
  });

  it('waits as long as Notion asks it to', async () => {
    const notion = await start();
    notion.script(refused(503, 'service_unavailable', { headers: { 'retry-after': '7' } }));
    const { begin, clock } = anAsking(notion);

    await begin().read(readPage);

    expect(clock.naps).toEqual([7_000]);
  });

  it('is given up at once where the wait would make the work too long', async () => {
    const notion = await start();
    notion.script(refused(503, 'service_unavailable', { headers: { 'retry-after': '100' } }));
    const { begin } = anAsking(notion);

    expect(await rejectionOf(begin().read(readPage))).toMatchObject({ retryAfterMs: 100_000 });

    expect(notion.met).toHaveLength(1);
  });

  it('throws what is no failure of Notion’s as it is', async () => {
    const notion = await start();
    const mistake = new TypeError('a mistake of ours');

    const { begin } = anAsking(notion);

    expect(await rejectionOf(begin().read(() => Promise.reject(mistake)))).toBe(mistake);
  });
});

describe('setting', () => {
  const start = useScriptedNotion();

  it.each([...OPEN, ['a 409', CONFLICT] as [string, Move]])(
    'is over after %s if it was done, and otherwise done again',
    async (_, move) => {
      const notion = await start();
      notion.script(move);
      const { begin } = anAsking(notion, patienceWith(move));

      await begin().set(setTitle, async () => true);
      expect(methodsOf(notion)).toEqual(['PATCH']);

      notion.script(move);
      const looks: string[][] = [];
      await begin().set(setTitle, async () => {
        looks.push(methodsOf(notion));
        return false;
      });
      expect(methodsOf(notion)).toEqual(['PATCH', 'PATCH', 'PATCH']);
      expect(looks).toEqual([['PATCH', 'PATCH']]);
    },
  );

  it('is not looked at when Notion answers', async () => {
    const notion = await start();

    await anAsking(notion).begin().set(setTitle, never);

    expect(methodsOf(notion)).toEqual(['PATCH']);
  });

  it('is given up after six tries, and a last look', async () => {
    const notion = await start();
    notion.script(...Array<Move>(9).fill(edge(502)));
    const { begin } = anAsking(notion);
    let looks = 0;
    const isDone = async () => {
      looks += 1;
      return false;
    };

    expect(await rejectionOf(begin().set(setTitle, isDone))).toMatchObject({ name: 'NotionUnavailable' });

    expect(notion.met).toHaveLength(6);
    expect(looks).toBe(6);
  });

  it('waits half a second to four seconds after meeting another change', async () => {
    const notion = await start();
    notion.script(CONFLICT);
    const soon = anAsking(notion, { random: () => 0 });
    await soon.begin().set(setTitle, async () => false);
    notion.script(CONFLICT);
    const late = anAsking(notion, { random: () => 1 });
    await late.begin().set(setTitle, async () => false);

    expect([soon.clock.naps, late.clock.naps]).toEqual([[500], [4_000]]);
  });

  it('fails as the look does', async () => {
    const notion = await start();
    notion.script('drop', refused(404, 'object_not_found'));
    const { begin } = anAsking(notion);
    const ask = begin();
    const isDone = async () => {
      await ask.read(readPage);
      return false;
    };

    expect(await rejectionOf(ask.set(setTitle, isDone))).toMatchObject({ reason: 'not_shared' });
  });
});

describe('adding', () => {
  const start = useScriptedNotion();

  it.each([...OPEN, ['a 409', CONFLICT] as [string, Move]])(
    'after %s takes what is found, and is done again only if nothing is',
    async (_, move) => {
      const notion = await start();
      notion.script(move);
      const { begin, clock } = anAsking(notion, patienceWith(move));

      await expect(begin().add(addPage, async () => ({ id: 'found' }))).resolves.toEqual({ id: 'found' });
      expect(methodsOf(notion)).toEqual(['POST']);
      expect(clock.naps).toHaveLength(1);
      expect(clock.naps[0]).toBeGreaterThanOrEqual(2_000);

      notion.script(move);
      const nothing = async (committed: readonly string[]) => {
        expect(committed).toEqual([]);
        expect(methodsOf(notion)).toEqual(['POST', 'POST']);
        return undefined;
      };
      await expect(begin().add(addPage, nothing)).resolves.toMatchObject({ id: PAGE_ID });
      expect(methodsOf(notion)).toEqual(['POST', 'POST', 'POST']);
    },
  );

  it('is given up after four tries, and a last look', async () => {
    const notion = await start();
    notion.script(...Array<Move>(9).fill(edge(502)));
    const { begin } = anAsking(notion);
    let looks = 0;
    const nothing = async () => {
      looks += 1;
      return undefined;
    };

    expect(await rejectionOf(begin().add(addPage, nothing))).toMatchObject({ name: 'NotionUnavailable' });

    expect(notion.met).toHaveLength(4);
    expect(looks).toBe(4);
  });

  it('takes what Notion says it has saved', async () => {
    const notion = await start();
    notion.script(SAVED);

    const added = await anAsking(notion)
      .begin()
      .add(addPage, async ([id]) => ({ id: id! }));

    expect(added).toEqual({ id: PAGE_ID });
    expect(methodsOf(notion)).toEqual(['POST']);
  });

  it('takes the blocks, not the page they were appended to', async () => {
    const notion = await start();
    const blocks = ['b1b1b1b1-0000-4000-8000-000000000001', 'b2b2b2b2-0000-4000-8000-000000000002'];
    notion.script(
      refused(503, 'service_unavailable', { data: { committed_resource_id: PAGE_ID, committed_child_ids: blocks } }),
    );

    const added = await anAsking(notion)
      .begin()
      .add<unknown>(addPage, async (committed) => committed);

    expect(added).toEqual(blocks);
  });

  it.each([
    ['with its id', SAVED],
    ['without', refused(503, 'service_unavailable', { data: { retry_guidance: ['Do not repeat the write.'] } })],
  ])('is never done again once Notion says that it is saved, %s', async (_, move) => {
    const notion = await start();
    notion.script(move);
    const { begin } = anAsking(notion);

    const failure = await rejectionOf(begin().add(addPage, async () => undefined));

    expect(failure).toMatchObject({ name: 'NotionUnavailable' });
    expect(methodsOf(notion)).toEqual(['POST']);
  });

  it.each([
    ['lacks the capability', refused(403, 'restricted_resource')],
    ['has used up its blocks', refused(403, 'restricted_resource', { data: { block_limit: '1000' } })],
  ])('is refused on its own when the integration or workspace %s', async (_, move) => {
    const notion = await start();
    notion.script(move);
    const { begin } = anAsking(notion);

    expect(await rejectionOf(begin().add(addPage, never))).toMatchObject({
      reason: 'creates_blocked',
      message: expect.stringContaining('blocks of its plan'),
    });
    await begin().set(setTitle, never);
  });
});

describe('a Notion that wants to be left alone', () => {
  const start = useScriptedNotion();
  const ways = [
    ['reading', (ask: ReturnType<ReturnType<typeof anAsking>['begin']>) => ask.read(readPage)],
    ['setting', (ask: ReturnType<ReturnType<typeof anAsking>['begin']>) => ask.set(setTitle, never)],
    ['adding', (ask: ReturnType<ReturnType<typeof anAsking>['begin']>) => ask.add(addPage, never)],
  ] as const;

  describe.each(ways)('when %s', (_, act) => {
    it.each([
      ['429', limited('9')],
      ['429 of the workspace', limited('9', 'public_api_space_request_rate_limit')],
      ['429 told by the body', refused(429, 'rate_limited', { data: { retry_after: '9' } })],
      ['529', refused(529, 'service_overload', { headers: { 'retry-after': '9' } })],
    ])('is asked again when its time has come, after %s', async (_name, move) => {
      const notion = await start();
      notion.script(move);
      const { begin, clock, pace } = anAsking(notion, { random: () => 0 });

      await act(begin());

      expect(notion.met).toHaveLength(2);
      expect(clock.now()).toBe(9_000);
      expect(await pace.heldForMs()).toBe(0);
    });

    it.each([
      ['0', limited('0')],
      ['a date gone by', limited(new Date(0).toUTCString())],
      ['nothing', refused(529, 'service_overload')],
    ])('is asked again a moment later if it says %s', async (_name, move) => {
      const notion = await start();
      notion.script(move);
      const { begin, clock } = anAsking(notion, { random: () => 1 });

      await act(begin());

      expect(notion.met).toHaveLength(2);
      expect(clock.now()).toBeGreaterThanOrEqual(1_000);
      expect(clock.now()).toBeLessThan(3_000);
    });
  });

  it('is left alone by all, and all the longer the more often it says so', async () => {
    const notion = await start();
    notion.script(...Array<Move>(3).fill(limited('0')));
    const { begin, clock, pace } = anAsking(notion, { random: () => 1 });
    const held: number[] = [];
    const holdOff = pace.holdOff.bind(pace);
    pace.holdOff = (waitMs) => {
      held.push(waitMs);
      return holdOff(waitMs);
    };

    await begin().read(readPage);

    expect(held).toEqual([1_500, 2_000, 3_000]);
    expect(clock.now()).toBeGreaterThanOrEqual(6_500);
  });

  it('puts work off that it has not begun, where that takes longer than 20 s', async () => {
    const notion = await start();
    notion.script(limited('40'));
    const { begin } = anAsking(notion, { random: () => 0 });

    expect(await rejectionOf(begin().read(readPage))).toMatchObject({ name: 'NotionBusy', retryInMs: 40_000 });
    expect(await rejectionOf(begin().read(readPage))).toMatchObject({ name: 'NotionBusy', retryInMs: 40_000 });

    expect(notion.met).toHaveLength(1);
  });

  it('keeps work waiting that has begun', async () => {
    const notion = await start();
    const { begin, clock, pace } = anAsking(notion);
    const ask = begin();
    await ask.read(readPage);
    await pace.holdOff(70_000);

    await ask.read(readPage);

    expect(notion.met).toHaveLength(2);
    expect(clock.now()).toBe(70_000);
  });

  it('ends work that has begun where it would take too long', async () => {
    const notion = await start();
    const { begin, pace } = anAsking(notion);
    const ask = begin();
    await ask.read(readPage);
    await pace.holdOff(120_000);

    expect(await rejectionOf(ask.read(readPage))).toMatchObject({ name: 'NotionUnavailable', retryAfterMs: 120_000 });

    expect(notion.met).toHaveLength(1);
  });

  it('is suspected, once an hour, to hear from others who use the token', async () => {
    const notion = await start();
    notion.script(limited('1'), refused(529, 'service_overload'), limited('1'));
    const { begin, clock, log } = anAsking(notion);
    await begin().read(readPage);
    expect(log.lines).toEqual([
      { level: 'warn', facts: expect.anything(), message: expect.stringContaining('something else uses this token') },
    ]);

    clock.pass(3_600_000);
    notion.script(limited('1'));
    await begin().read(readPage);

    expect(log.lines).toHaveLength(2);
  });

  it('may have blocked the integration, which waiting does not change', async () => {
    const notion = await start();
    notion.script(limited('1', 'public_api_request_blocked'));
    const { begin, pace } = anAsking(notion);

    expect(await rejectionOf(begin().read(readPage))).toMatchObject({ name: 'NotionRefusal', reason: 'blocked' });

    expect(notion.met).toHaveLength(1);
    expect(await pace.heldForMs()).toBe(0);
  });
});

describe('a piece of work', () => {
  const start = useScriptedNotion();

  it('may be given more time, to begin and to end', async () => {
    const notion = await start();
    const pace = createLocalPace({ requestsPerMinute: 3, now: () => clock.now() });
    const { begin, clock } = anAsking(notion, { pace });
    const ask = begin('background', 10 * 60_000);

    for (let asked = 0; asked < 6; asked += 1) await ask.read(readPage);

    expect(clock.now()).toBeGreaterThan(5 * 60_000);
    expect(notion.met).toHaveLength(6);
  });

  it('ends after 90 s, also when none of its requests has to wait', async () => {
    const notion = await start();
    const { begin, clock } = anAsking(notion);
    const ask = begin();
    const readSlowly: Call<unknown> = (client, attempt) => {
      clock.pass(10_000);
      return readPage(client, attempt);
    };
    for (let asked = 0; asked < 9; asked += 1) await ask.read(readSlowly);

    expect(await rejectionOf(ask.read(readSlowly))).toMatchObject({
      name: 'NotionUnavailable',
      message: expect.stringContaining('too long for one go'),
    });

    expect(notion.met).toHaveLength(9);
  });

  describe('that adds something in its last second, without hearing so', () => {
    async function inItsLastSecond(move: Move) {
      const notion = await start();
      const { begin, clock } = anAsking(notion);
      const ask = begin();
      await ask.read(readPage);
      clock.pass(89_000);
      notion.script(move);
      return { notion, ask, clock };
    }

    it('still looks whether it was added', async () => {
      const { notion, ask, clock } = await inItsLastSecond('drop');

      await expect(ask.add(addPage, () => ask.read(readPage))).resolves.toMatchObject({ id: PAGE_ID });

      expect(methodsOf(notion)).toEqual(['GET', 'POST', 'GET']);
      expect(clock.now()).toBeGreaterThan(90_000);
    });

    it('does not add it again', async () => {
      const { notion, ask } = await inItsLastSecond('drop');
      const nothing = async () => {
        await ask.read(readPage);
        return undefined;
      };

      expect(await rejectionOf(ask.add(addPage, nothing))).toMatchObject({ name: 'NotionUnavailable' });
      expect(await rejectionOf(ask.read(readPage))).toMatchObject({ name: 'NotionUnavailable' });

      expect(methodsOf(notion)).toEqual(['GET', 'POST', 'GET']);
    });

    it('does not wait for longer than 10 s to look', async () => {
      const late = refused(503, 'service_unavailable', { headers: { 'retry-after': '12' } });
      const { notion, ask } = await inItsLastSecond(late);

      expect(await rejectionOf(ask.add(addPage, never))).toMatchObject({ retryAfterMs: 12_000 });

      expect(methodsOf(notion)).toEqual(['GET', 'POST']);
    });
  });
});

describe('a request', () => {
  const start = useScriptedNotion();

  /** A pace that says what it is told to say. */
  function aPace(turns: Turn[], held: number[] = []): Pace & { asked: [string, number][] } {
    const asked: [string, number][] = [];
    return {
      asked,
      async reserve(lane, patienceMs) {
        asked.push([lane, patienceMs]);
        return turns.shift() ?? { waitMs: 0 };
      },
      heldForMs: async () => held.shift() ?? 0,
      holdOff: async () => {},
    };
  }

  it('waits for its turn', async () => {
    const notion = await start();
    const pace = aPace([{ waitMs: 3_000 }]);
    const { begin, clock } = anAsking(notion, { pace });

    await begin('background').read(readPage);

    expect(clock.naps).toEqual([3_000]);
    expect(pace.asked).toEqual([['background', 20_000]]);
  });

  it('asks for a turn again when it is worth it', async () => {
    const notion = await start();
    const pace = aPace([{ putOffMs: 1_500 }]);
    const { begin, clock } = anAsking(notion, { pace });

    await begin().read(readPage);

    expect(clock.naps).toEqual([1_500]);
    expect(pace.asked).toEqual([
      ['bookings', 20_000],
      ['bookings', 18_500],
    ]);
  });

  it('is not begun when its turn is further away than 20 s', async () => {
    const notion = await start();
    const { begin } = anAsking(notion, { pace: aPace([{ putOffMs: 21_000 }]) });

    expect(await rejectionOf(begin().read(readPage))).toMatchObject({ name: 'NotionBusy', retryInMs: 21_000 });

    expect(notion.met).toEqual([]);
  });

  it('is not sent while everybody is held off, not even when its turn has come', async () => {
    const notion = await start();
    const { begin, clock, pace } = anAsking(notion);
    for (let reserved = 0; reserved < 15; reserved += 1) await pace.reserve('bookings', 20_000);
    clock.meanwhile(() => pace.holdOff(10_000));

    await begin().read(readPage);

    expect(clock.now()).toBeGreaterThan(10_000);
    expect(clock.now()).toBeLessThan(15_000);
  });

  it('takes another turn when it has missed its own', async () => {
    const notion = await start();
    const pace = aPace([{ waitMs: 1_000 }]);
    const { begin, clock } = anAsking(notion, { pace });
    clock.meanwhile(() => clock.pass(1_200));

    await begin().read(readPage);

    expect(pace.asked).toHaveLength(2);
  });

  describe('on its way', () => {
    /** Places come free in real time. */
    const inRealTime = { clock: realClock };

    it('is one of three at most', async () => {
      const notion = await start();
      notion.script('hang', 'hang', 'hang');
      const { begin } = anAsking(notion, inRealTime);

      const reads = Promise.all([1, 2, 3, 4, 5].map(() => begin().read(readPage)));
      await expect.poll(() => notion.met.length).toBe(3);
      notion.release();
      await reads;

      expect(notion.met).toHaveLength(5);
      expect(notion.mostAtOnce).toBe(3);
    });

    it('takes a turn only when it has its place, and uses it then', async () => {
      const notion = await start();
      notion.script('hang', 'hang', 'hang');
      const pace = aPace([]);
      const { begin } = anAsking(notion, { ...inRealTime, pace });

      const reads = Promise.all([1, 2, 3, 4, 5].map(() => begin().read(readPage)));
      await expect.poll(() => notion.met.length).toBe(3);
      expect(pace.asked).toHaveLength(3);
      notion.release();
      await reads;

      expect(pace.asked).toHaveLength(5);
    });

    it('gives its place on while it is not worth waiting for a turn', async () => {
      const notion = await start();
      const pace = aPace(Array<Turn>(3).fill({ putOffMs: 60_000 }));
      const { begin } = anAsking(notion, { ...inRealTime, pace });
      for (let busy = 0; busy < 3; busy += 1) {
        expect(await rejectionOf(begin().read(readPage))).toMatchObject({ name: 'NotionBusy' });
      }

      await expect(begin().read(readPage)).resolves.toMatchObject({ id: PAGE_ID });
    });

    it('gives its place on also when it fails', async () => {
      const notion = await start();
      notion.script(...Array<Move>(4).fill(refused(400, 'validation_error')));
      const { begin } = anAsking(notion, inRealTime);
      for (let failed = 0; failed < 4; failed += 1) await rejectionOf(begin().read(readPage));

      await expect(begin().read(readPage)).resolves.toMatchObject({ id: PAGE_ID });
    });
  });
});

describe('the requests of several processes', () => {
  const start = useScriptedNotion();
  const FASTER = 30;
  const clock: Clock = {
    now: () => performance.now() * FASTER,
    sleep: (ms, signal) => realClock.sleep(ms / FASTER, signal),
  };

  it('together keep to the budget, and to what Notion has told one of them', { timeout: 60_000 }, async () => {
    const notion = await start();
    const pace = createLocalPace({ requestsPerMinute: 150, now: clock.now });
    const holds: { from: number; until: number }[] = [];
    const watched: Pace = {
      ...pace,
      async holdOff(waitMs) {
        holds.push({ from: clock.now(), until: clock.now() + waitMs });
        await pace.holdOff(waitMs);
      },
    };
    const processes = [1, 2].map(() => anAsking(notion, { clock, pace: watched }));
    const sent: number[] = [];
    const read: Call<unknown> = (client, attempt) => {
      // Late enough to have gone at full speed before.
      if (sent.push(clock.now()) === 150) notion.script(limited('5'));
      return readPage(client, attempt);
    };

    /** One of ten places for work in each process, as the task queue fills them: what is put off comes again. */
    const work = async (begin: BeginAsking): Promise<void> => {
      while (waiting.pop()) {
        const error = await fourReads(begin()).catch((failed: unknown) => failed);
        if (error === undefined) continue;
        if (!(error instanceof NotionBusy || error instanceof NotionUnavailable)) throw error;
        waiting.unshift(true);
      }
    };
    const fourReads = async (ask: Ask): Promise<void> => {
      for (let asked = 0; asked < 4; asked += 1) await ask.read(read);
    };
    const waiting = Array<true>(50).fill(true);
    await Promise.all(Array.from({ length: 20 }, (_, index) => work(processes[index % 2]!.begin)));

    expect(sent.length).toBeGreaterThanOrEqual(200);
    expect(mostInAMinute(sent)).toBeLessThanOrEqual(150);
    expect(holds).toHaveLength(1);
    expect(sent.filter((at) => holds.some(({ from, until }) => at > from && at < until))).toEqual([]);
  });
});

describe('a network that turns us away', () => {
  const start = useScriptedNotion();

  it('is not asked again for ten minutes, and the operator is told once', async () => {
    const notion = await start();
    notion.script(edge(403));
    const { begin, clock, log } = anAsking(notion);
    const ask = begin();

    expect(await rejectionOf(ask.read(readPage))).toMatchObject({ name: 'NotionUnavailable', retryAfterMs: 600_000 });
    expect(await rejectionOf(ask.read(readPage))).toMatchObject({ name: 'NotionUnavailable', retryAfterMs: 600_000 });
    expect(await rejectionOf(begin().read(readPage))).toMatchObject({ name: 'NotionBusy', retryInMs: 600_000 });
    expect(notion.met).toHaveLength(1);
    expect(log.lines).toEqual([
      { level: 'error', facts: { alert: 'notion_turned_away' }, message: expect.stringContaining('firewall') },
    ]);

    clock.pass(600_000);
    await expect(begin().read(readPage)).resolves.toMatchObject({ id: PAGE_ID });
  });
});
