import { setTimeout as sleep, setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Clock } from '../../src/notion/clock.ts';
import type { Database } from '../../src/store/database.ts';

/** Time that passes only while everybody waits for it to pass, and then at once. Instants are epoch milliseconds. */
export interface VirtualTime extends Clock {
  /** It stands still while this goes on. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** The same for all that is asked of a database. */
  whileAsking(database: Database): Database;
  /** The same for a request and its answer; takes the place of the global one. */
  fetch: typeof fetch;
}

interface Sleeper {
  until: number;
  wake: () => void;
}

export interface VirtualTimeOptions {
  /** Epoch milliseconds. */
  startsAt: number;
  /** Told of the new time each time. */
  onPass?: (now: number) => void;
  /** Whether a request gets no answer, or not the whole of it; it is given up then, however little time has passed. */
  isHanging?: (method: string, path: string) => boolean;
}

/** What has just come back from outside goes on within so many turns of the event loop, or waits for time to pass. */
const CALM_TURNS = 3;
/** A server takes a moment of real time to notice that somebody has hung up. */
const UNTIL_NOTICED_MS = 20;
const LOOK_EVERY_MS = 10;

const realFetch = globalThis.fetch;

export function createVirtualTime(options: VirtualTimeOptions): VirtualTime {
  const { startsAt, onPass = () => {}, isHanging = () => false } = options;
  const sleepers = new Set<Sleeper>();
  let [now, goingOn, isLooking] = [startsAt, 0, false];

  function pass(): void {
    const next = Math.min(...[...sleepers].map(({ until }) => until));
    if (next === Number.POSITIVE_INFINITY) return;
    now = Math.max(now, next);
    onPass(now);
    for (const sleeper of [...sleepers].filter(({ until }) => until <= now)) sleeper.wake();
  }

  async function passWhenCalm(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    for (let calm = 0; calm < CALM_TURNS && goingOn === 0; calm += 1) await turnOfTheLoop();
    isLooking = false;
    if (goingOn > 0 || sleepers.size === 0) return;
    pass();
    void passWhenCalm();
  }

  const time: VirtualTime = {
    now: () => now,
    async sleep(ms, signal) {
      if (ms <= 0 || signal?.aborted) return;
      await new Promise<void>((resolve) => {
        const sleeper: Sleeper = {
          until: now + ms,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake);
        void passWhenCalm();
      });
    },
    async during(work) {
      goingOn += 1;
      try {
        return await work();
      } finally {
        goingOn -= 1;
        void passWhenCalm();
      }
    },
    whileAsking: (database) => ({ ...database, run: (work) => time.during(() => database.run(work)) }),
    fetch: (input, init) =>
      time.during(async () => {
        const { method = 'GET', signal } = init ?? {};
        const giveUp = new AbortController();
        const { pathname } = new URL(String(input));
        const look = setInterval(() => isHanging(method, pathname) && giveUp.abort(), LOOK_EVERY_MS);
        try {
          const given = signal ? [signal] : [];
          const response = await realFetch(input, { ...init, signal: AbortSignal.any([...given, giveUp.signal]) });
          const { status, headers } = response;
          return new Response(await response.text(), { status, headers });
        } catch (error) {
          await sleep(UNTIL_NOTICED_MS);
          throw error;
        } finally {
          clearInterval(look);
        }
      }),
  };
  return time;
}
