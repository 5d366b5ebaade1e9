import type { Logger } from 'pino';
import { NotionParked, NotionRefusal, OF_ONE_PAGE, type RefusalReason } from './errors.ts';

/** Keeps work from asking Notion for what only a person can make possible again, as long as nobody has. */
export interface Parking {
  /**
   * Does a piece of work, unless work of its kind is parked. One refusal that concerns them all parks them; from time to time one is
   * let through, and when it succeeds all are.
   *
   * @param key names the kind, such as `contacts`. A token that is not accepted parks every kind.
   * @throws {NotionParked} instead of such a refusal, and for everything that is not let through; else what `work` throws.
   */
  through<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export interface ParkingOptions {
  log: Pick<Logger, 'info' | 'error'>;
  /** Milliseconds of any clock that does not jump. */
  now?: () => number;
}

interface Place {
  /** What Notion said last. */
  refusal: NotionRefusal;
  since: number;
  /** When one is let through next. */
  probeAt: number;
  /** Settles, and never rejects, when the one that was let through is back. */
  probe?: Promise<void>;
}

const EVERYTHING = 'token';
const MINUTE_MS = 60_000;
/** After one that was let through and could not find out. */
const SOON_MS = MINUTE_MS;
/** What comes and goes, because only some of the work meets it, is told so often. */
const UNTIL_SAID_AGAIN_MS = 60 * MINUTE_MS;

/** These concern every request with this token. */
const OF_THE_TOKEN: ReadonlySet<RefusalReason> = new Set(['unauthorized', 'blocked']);
/** These concern the database. */
const OF_THE_DATABASE: ReadonlySet<RefusalReason> = new Set([
  'forbidden',
  'not_shared',
  'not_a_database',
  'no_data_source',
  'several_data_sources',
  'in_trash',
  'unreadable',
]);
/** These concern what it looks like, which a piece of work may never come to use. */
const OF_THE_SCHEMA: ReadonlySet<RefusalReason> = new Set([
  'property_missing',
  'property_unsupported',
  'option_missing',
]);

export function createParking({ log, now = () => performance.now() }: ParkingOptions): Parking {
  const places = new Map<string, Place>();
  const saidAt = new Map<string, number>();

  function park(key: string, refusal: NotionRefusal): NotionParked {
    const { reason } = refusal;
    const waitMs = reason === 'unauthorized' ? 5 * MINUTE_MS : 15 * MINUTE_MS;
    const place = places.get(key) ?? { refusal, since: now(), probeAt: now() };
    if (!places.has(key) || place.refusal.reason !== reason) say(key, refusal);
    places.set(key, Object.assign(place, { refusal, probeAt: now() + waitMs }));
    return new NotionParked(refusal, waitMs);
  }

  function say(key: string, { reason, message }: NotionRefusal): void {
    const what = `${key} ${reason}`;
    if (now() - (saidAt.get(what) ?? Number.NEGATIVE_INFINITY) < UNTIL_SAID_AGAIN_MS) return;
    saidAt.set(what, now());
    log.error({ alert: 'notion_parked', kind: key, reason }, message);
  }

  /** @param startedAt of the work that shows it: what began before the refusal says nothing about it. */
  function open(key: string, startedAt: number): void {
    const place = places.get(key);
    if (!place || startedAt < place.since) return;
    places.delete(key);
    const parkedForMs = Math.round(now() - place.since);
    log.info({ kind: key, reason: place.refusal.reason, parkedForMs }, 'Notion works again');
  }

  async function perform<T>(key: string, work: () => Promise<T>): Promise<T> {
    const startedAt = now();
    try {
      const result = await work();
      open(EVERYTHING, startedAt);
      open(key, startedAt);
      return result;
    } catch (error) {
      if (!(error instanceof NotionRefusal)) throw error;
      const { reason } = error;
      if (OF_THE_TOKEN.has(reason)) throw park(EVERYTHING, error);
      if (OF_THE_DATABASE.has(reason) || OF_THE_SCHEMA.has(reason)) {
        open(EVERYTHING, startedAt);
        throw park(key, error);
      }
      if (OF_ONE_PAGE.has(reason)) {
        open(EVERYTHING, startedAt);
        if (!OF_THE_SCHEMA.has(places.get(key)?.refusal.reason ?? reason)) open(key, startedAt);
      }
      throw error;
    }
  }

  const placeOf = (key: string) => places.get(EVERYTHING) ?? places.get(key);

  /** Lets one through to find out. Whoever comes meanwhile waits for its return. */
  function probe<T>(place: Place, key: string, work: () => Promise<T>): Promise<T> {
    place.probeAt = now() + SOON_MS;
    const result = perform(key, work);
    const isBack = () => {
      delete place.probe;
    };
    place.probe = result.then(isBack, isBack);
    return result;
  }

  return {
    async through(key, work) {
      const place = placeOf(key);
      if (!place) return perform(key, work);
      if (place.probe) {
        await place.probe;
        const still = placeOf(key);
        if (!still) return perform(key, work);
        // To find out takes long, and who has waited has no time left for it.
        throw new NotionParked(still.refusal, Math.max(SOON_MS, still.probeAt - now()));
      }
      const waitMs = place.probeAt - now();
      if (waitMs > 0) throw new NotionParked(place.refusal, waitMs);
      return probe(place, key, work);
    },
  };
}
