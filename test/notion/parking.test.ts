import { describe, expect, it } from 'vitest';
import { NotionRefusal, NotionUnavailable, type RefusalReason } from '../../src/notion/errors.ts';
import { createParking } from '../../src/notion/parking.ts';
import { aLog } from './asking.ts';
import { rejectionOf } from './support.ts';

const MINUTE_MS = 60_000;

/** Work that is refused, or fails, as it is told to; it counts how often it is done. */
function aParking() {
  let now = 0;
  const log = aLog();
  const parking = createParking({ log: log as never, now: () => now });
  const done: string[] = [];
  return {
    log: log.lines,
    done,
    pass: (ms: number) => {
      now += ms;
    },
    works: (key = 'contacts') =>
      parking.through(key, async () => {
        done.push(key);
        return 'done';
      }),
    refused: (reason: RefusalReason, key = 'contacts') =>
      rejectionOf(
        parking.through(key, async () => {
          done.push(key);
          throw new NotionRefusal(reason, `What to do about ${reason}.`);
        }),
      ),
    through: parking.through,
  };
}

const ofTheDatabase: RefusalReason[] = [
  'forbidden',
  'not_shared',
  'not_a_database',
  'no_data_source',
  'several_data_sources',
  'in_trash',
  'unreadable',
  'property_missing',
  'property_unsupported',
  'option_missing',
];
const ofTheToken: RefusalReason[] = ['unauthorized', 'blocked'];
const ofOnePage: RefusalReason[] = [
  'address_unusable',
  'contact_not_found',
  'contact_ambiguous',
  'too_many_rows',
  'archived',
  'creates_blocked',
  'row_limit',
  'invalid_request',
];

describe('a refusal', () => {
  it.each(ofTheDatabase)('%s parks all work of its kind, and no other', async (reason) => {
    const { refused, works, done } = aParking();
    const parked = { name: 'NotionParked', reason, message: `What to do about ${reason}.` };

    expect(await refused(reason)).toMatchObject({ ...parked, retryInMs: 15 * MINUTE_MS });

    expect(await rejectionOf(works('contacts'))).toMatchObject(parked);
    expect(await works('sequence')).toBe('done');
    expect(done).toEqual(['contacts', 'sequence']);
  });

  it.each(ofTheToken)('%s parks work of every kind', async (reason) => {
    const { refused, works, done } = aParking();

    await refused(reason, 'contacts');

    expect(await rejectionOf(works('contacts'))).toMatchObject({ name: 'NotionParked', reason });
    expect(await rejectionOf(works('sequence'))).toMatchObject({ name: 'NotionParked', reason });
    expect(done).toEqual(['contacts']);
  });

  it.each(ofOnePage)('%s concerns nobody else', async (reason) => {
    const { refused, works, log } = aParking();

    expect(await refused(reason)).toMatchObject({ name: 'NotionRefusal', reason });

    expect(await works()).toBe('done');
    expect(log).toEqual([]);
  });

  it('is told once, as an alert, with what to do', async () => {
    const { refused, works, log } = aParking();

    await refused('option_missing');
    await rejectionOf(works());
    await refused('option_missing');

    expect(log).toEqual([
      {
        level: 'error',
        facts: { alert: 'notion_parked', kind: 'contacts', reason: 'option_missing' },
        message: 'What to do about option_missing.',
      },
    ]);
  });

  it('is told once also to several who hear it at the same time', async () => {
    const { refused, log } = aParking();

    await Promise.all([refused('in_trash'), refused('in_trash'), refused('in_trash')]);

    expect(log).toHaveLength(1);
  });

  it('is told again when it is another one, and after an hour when it keeps coming and going', async () => {
    const { refused, works, pass, log } = aParking();
    const errors = () => log.filter(({ level }) => level === 'error').length;
    await refused('option_missing');
    pass(15 * MINUTE_MS);
    await refused('property_missing');
    expect(errors()).toBe(2);

    pass(15 * MINUTE_MS);
    await works();
    await refused('property_missing');
    expect(errors()).toBe(2);
    pass(60 * MINUTE_MS);
    await works();
    await refused('property_missing');
    expect(errors()).toBe(3);
  });
});

describe('work that is parked', () => {
  it.each<[RefusalReason, number]>([
    ['unauthorized', 5 * MINUTE_MS],
    ['not_shared', 15 * MINUTE_MS],
  ])('is let through from time to time, one at a time: %s', async (reason, everyMs) => {
    const { refused, works, pass, done } = aParking();
    await refused(reason);

    pass(everyMs - 1);
    expect(await rejectionOf(works())).toMatchObject({ retryInMs: 1 });
    pass(1);
    await refused(reason);
    expect(await rejectionOf(works())).toMatchObject({ retryInMs: everyMs });

    expect(done).toHaveLength(2);
  });

  it('is all let through once one has succeeded, which is told', async () => {
    const { refused, works, pass, log } = aParking();
    await refused('unauthorized', 'sequence');
    pass(5 * MINUTE_MS);

    expect(await works('contacts')).toBe('done');

    expect(await works('sequence')).toBe('done');
    expect(log.at(-1)).toEqual({
      level: 'info',
      facts: { kind: 'token', reason: 'unauthorized', parkedForMs: 5 * MINUTE_MS },
      message: 'Notion works again',
    });
  });

  it('waits for the one that was let through before it', async () => {
    const { through, refused, works, pass } = aParking();
    await refused('in_trash');
    pass(15 * MINUTE_MS);
    let finish: (() => void) | undefined;
    const first = through('contacts', () => new Promise<void>((resolve) => (finish = resolve)));
    const others = Promise.all([works(), works()]);

    finish?.();

    await first;
    expect(await others).toEqual(['done', 'done']);
  });

  it('goes on waiting when the one that was let through is refused as well', async () => {
    const { through, refused, works, pass, done } = aParking();
    await refused('in_trash');
    pass(15 * MINUTE_MS);
    const first = through('contacts', async () => {
      throw new NotionRefusal('in_trash', 'Restore it.');
    });
    const other = rejectionOf(works());

    await rejectionOf(first);

    expect(await other).toMatchObject({ name: 'NotionParked', retryInMs: 15 * MINUTE_MS });
    expect(done).toHaveLength(1);
  });

  it('is tried again in a minute when the one that was let through could not find out', async () => {
    const { through, refused, works, pass } = aParking();
    await refused('in_trash');
    pass(15 * MINUTE_MS);
    const away = () => Promise.reject(new NotionUnavailable('Notion answered 502'));

    expect(await rejectionOf(through('contacts', away))).toMatchObject({ name: 'NotionUnavailable' });

    expect(await rejectionOf(works())).toMatchObject({ name: 'NotionParked', retryInMs: MINUTE_MS });
    pass(MINUTE_MS);
    expect(await works()).toBe('done');
  });

  it('is not let through for having waited, when the one before it took long and could not find out', async () => {
    const { through, refused, works, pass, done } = aParking();
    await refused('in_trash');
    pass(15 * MINUTE_MS);
    let fail: (() => void) | undefined;
    const answer = new Promise<never>((_, reject) => {
      fail = () => reject(new NotionUnavailable('Notion answered 502'));
    });
    const first = rejectionOf(through('contacts', () => answer));
    const others = Promise.all([rejectionOf(works()), rejectionOf(works())]);
    pass(2 * MINUTE_MS);

    fail?.();

    expect(await first).toMatchObject({ name: 'NotionUnavailable' });
    const parked = { name: 'NotionParked', reason: 'in_trash', retryInMs: MINUTE_MS };
    expect(await others).toMatchObject([parked, parked]);
    expect(done).toHaveLength(1);
  });

  it('is let through when one is refused for its own sake, which shows that Notion is well', async () => {
    const { refused, works, pass } = aParking();
    await refused('not_shared');
    pass(15 * MINUTE_MS);

    expect(await refused('contact_not_found')).toMatchObject({ name: 'NotionRefusal' });

    expect(await works()).toBe('done');
  });

  it('stays parked when such a one never came to what is missing', async () => {
    const { refused, works, pass } = aParking();
    await refused('option_missing');
    pass(15 * MINUTE_MS);

    await refused('contact_not_found');

    expect(await rejectionOf(works())).toMatchObject({ name: 'NotionParked', reason: 'option_missing' });
  });

  it('is not let through by what began before it was parked', async () => {
    const { through, refused, works, pass } = aParking();
    let finish: (() => void) | undefined;
    const early = through('contacts', () => new Promise<void>((resolve) => (finish = resolve)));
    pass(1);
    await refused('unauthorized');

    finish?.();
    await early;

    expect(await rejectionOf(works())).toMatchObject({ name: 'NotionParked' });
  });
});
