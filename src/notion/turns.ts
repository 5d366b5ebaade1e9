import type { Lane, Pace } from '../pace.ts';
import type { Clock } from './clock.ts';
import { NotionBusy } from './errors.ts';
import type { InFlight } from './in-flight.ts';

/** The turns of this process's requests. */
export interface Turns {
  /**
   * Waits until a request may be sent, which is to be done at once.
   *
   * @param latestAt the instant, of the clock, up to which it is worth waiting.
   * @returns what is to be called when the request has ended.
   * @throws {NotionBusy} when its turn is later than that.
   */
  next(lane: Lane, latestAt: number): Promise<() => void>;
  /** Nothing at all is sent from here for so long. @returns false if that is nothing new. */
  stop(waitMs: number): boolean;
}

/** A turn that is used later than this would meet those that come after it. */
const TURN_LASTS_MS = 1_000;
/** Requests that take so long that no place comes free: a few seconds later is soon enough. */
const UNTIL_PLACE_MS = 5_000;

export function createTurns({ pace, inFlight, clock }: { pace: Pace; inFlight: InFlight; clock: Clock }): Turns {
  let stoppedUntil = Number.NEGATIVE_INFINITY;
  const stoppedForMs = () => Math.max(0, stoppedUntil - clock.now());

  async function enter(latestAt: number): Promise<() => void> {
    if (stoppedForMs() > 0) throw new NotionBusy(stoppedForMs());
    const leave = await inFlight.enter(Math.max(0, latestAt - clock.now()));
    if (leave) return leave;
    throw new NotionBusy(Math.max(UNTIL_PLACE_MS, await pace.heldForMs()));
  }

  /** @returns whether its turn is now; otherwise how long it is until another may be asked for. */
  async function waitForTurn(lane: Lane, latestAt: number): Promise<'now' | { inMs: number }> {
    const turn = await pace.reserve(lane, Math.max(0, latestAt - clock.now()));
    if ('putOffMs' in turn) {
      if (clock.now() + turn.putOffMs > latestAt) throw new NotionBusy(turn.putOffMs);
      return { inMs: turn.putOffMs };
    }
    const at = clock.now() + turn.waitMs;
    if (turn.waitMs > 0) await clock.sleep(turn.waitMs);
    const heldMs = (await pace.heldForMs()) + stoppedForMs();
    return heldMs === 0 && clock.now() - at <= TURN_LASTS_MS ? 'now' : { inMs: 0 };
  }

  return {
    async next(lane, latestAt) {
      for (;;) {
        // The place first: a turn that is reserved before there is one would pass unused.
        const leave = await enter(latestAt);
        const turn = await waitForTurn(lane, latestAt).catch((error: unknown) => {
          leave();
          throw error;
        });
        if (turn === 'now') return leave;
        leave();
        await clock.sleep(turn.inMs);
      }
    },
    stop(waitMs) {
      const isNew = stoppedForMs() === 0;
      stoppedUntil = Math.max(stoppedUntil, clock.now() + waitMs);
      return isNew;
    },
  };
}
