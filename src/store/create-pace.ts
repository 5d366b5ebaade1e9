import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import { heldForMs, heldOff, type PaceState, reserveTurn } from '../gcra.ts';
import { createLocalPace } from '../local-pace.ts';
import type { Pace } from '../pace.ts';
import type { Database, Db } from './database.ts';
import { mailPace, notionPace } from './schema.ts';
import { StoreUnavailable } from './store-unavailable.ts';

export interface NotionPaceOptions {
  /** Kept as a hash only. */
  token: string;
  /** What all processes with this token may send together. */
  requestsPerMinute: number;
  /** Epoch milliseconds; the database's clock by default, so that all processes have the same one. */
  now?: () => number;
}

export interface MailPaceOptions {
  /** Resend's; kept as a hash only. */
  apiKey: string;
  /** What all processes with this key may send together. */
  requestsPerSecond: number;
  /** As {@link NotionPaceOptions.now}. */
  now?: () => number;
}

/** Whose pace it is, and how it may be asked. */
interface PaceOptions {
  table: typeof notionPace | typeof mailPace;
  whose: 'Notion' | 'Resend';
  token: string;
  requestsPerMinute: number;
  isEven?: boolean;
  now?: (() => number) | undefined;
}

/** Four processes that cannot see each other stay within the budget. */
const SHARE_WITHOUT_STORE = 0.25;
const MINUTE_MS = 60_000;

/** On the way to Resend requests that left evenly may come closer together: a tenth below its limit leaves room for that. */
const MAILS_PER_MINUTE = 54;

interface Kept {
  database: Database;
  log: Pick<Logger, 'warn'>;
}

/** The pace that all processes with the same token of Notion share, as a row of `notion_pace`. */
export function createPace(kept: Kept, { token, requestsPerMinute, now }: NotionPaceOptions): Pace {
  return createSharedPace(kept, { table: notionPace, whose: 'Notion', token, requestsPerMinute, now });
}

/** The pace that all processes with the same key of Resend share, as a row of `mail_pace`. */
export function createMailPace(kept: Kept, { apiKey, requestsPerSecond, now }: MailPaceOptions): Pace {
  const requestsPerMinute = requestsPerSecond * MAILS_PER_MINUTE;
  return createSharedPace(kept, {
    table: mailPace,
    whose: 'Resend',
    token: apiKey,
    requestsPerMinute,
    isEven: true,
    now,
  });
}

/** While the store does not answer, each process goes on by itself, with a part of the budget. */
function createSharedPace({ database, log }: Kept, options: PaceOptions): Pace {
  const { table, whose, token, requestsPerMinute, isEven, now } = options;
  const tokenHash = createHash('sha256').update(token).digest('hex');
  const alone = createLocalPace({
    requestsPerMinute: Math.max(1, Math.floor(requestsPerMinute * SHARE_WITHOUT_STORE)),
    isEven,
    ...(now && { now }),
  });
  const columns = columnsIn(table);
  let saidAt = Number.NEGATIVE_INFINITY;

  /** Reads the row, and writes what `decide` makes of it before anybody else can read it. */
  async function change<T>(decide: (state: PaceState, now: number) => { state: PaceState; answer: T }): Promise<T> {
    return database.run((db) =>
      db.transaction(async (tx) => {
        const { before, at } = (await readLocked(tx)) ?? (await begin(tx));
        const { state, answer } = decide(before, now?.() ?? at);
        if (state !== before) await tx.update(table).set(columnsOf(state)).where(eq(table.tokenHash, tokenHash));
        return answer;
      }),
    );
  }

  async function readLocked(tx: Db) {
    const [row] = await tx.select(columns).from(table).where(eq(table.tokenHash, tokenHash)).for('update');
    return row && { before: stateOf(row), at: row.now.getTime() };
  }

  async function begin(tx: Db) {
    await tx.insert(table).values({ tokenHash }).onConflictDoNothing();
    return (await readLocked(tx))!;
  }

  async function unlessAway<T>(ask: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (performance.now() - saidAt >= MINUTE_MS) {
        saidAt = performance.now();
        log.warn(
          { reason: error.message },
          `${whose} is asked at a quarter of its pace, which each process keeps by itself`,
        );
      }
      return otherwise();
    }
  }

  return {
    reserve(lane, patienceMs) {
      const shared = async () => {
        const turn = await change((before, at) => {
          const reserved = reserveTurn(before, { lane, patienceMs, requestsPerMinute, isEven, now: at });
          return { state: reserved.state, answer: reserved.turn };
        });
        // Counted here as well: should the store go away now, no burst of our own comes on top.
        if ('waitMs' in turn) await alone.reserve(lane, 0);
        return turn;
      };
      return unlessAway(shared, () => alone.reserve(lane, patienceMs));
    },

    async heldForMs() {
      const shared = async () => {
        const [row] = await database.run((db) => db.select(columns).from(table).where(eq(table.tokenHash, tokenHash)));
        return row ? heldForMs(stateOf(row), now?.() ?? row.now.getTime()) : 0;
      };
      const heldMs = await unlessAway(shared, async () => 0);
      return Math.max(heldMs, await alone.heldForMs());
    },

    async holdOff(waitMs) {
      // First, so that this process obeys at once and also without the store.
      await alone.holdOff(waitMs);
      await unlessAway(
        () => change((before, at) => ({ state: heldOff(before, waitMs, at), answer: undefined })),
        async () => undefined,
      );
    },
  };
}

/** What is read of a row, and the time beside it. */
function columnsIn({ dueAt, backgroundDueAt, heldUntil, slowSince }: PaceOptions['table']) {
  // Not now(), which is when the transaction began: it may have waited for the row since.
  return { dueAt, backgroundDueAt, heldUntil, slowSince, now: sql<Date>`clock_timestamp()`.mapWith(dueAt) };
}

type Row = Omit<typeof notionPace.$inferSelect, 'tokenHash'>;

function stateOf({ dueAt, backgroundDueAt, heldUntil, slowSince }: Row): PaceState {
  return {
    dueAt: dueAt?.getTime(),
    backgroundDueAt: backgroundDueAt?.getTime(),
    heldUntil: heldUntil?.getTime(),
    slowSince: slowSince?.getTime(),
  };
}

function columnsOf({ dueAt, backgroundDueAt, heldUntil, slowSince }: PaceState): Row {
  return {
    dueAt: instantOf(dueAt),
    backgroundDueAt: instantOf(backgroundDueAt),
    heldUntil: instantOf(heldUntil),
    slowSince: instantOf(slowSince),
  };
}

function instantOf(epochMs: number | undefined): Date | null {
  return epochMs === undefined ? null : new Date(epochMs);
}
