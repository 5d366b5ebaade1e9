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

  /** @returns undefined if it has to be tried anew: the turn has passed, or none could be reserved yet. */
  async function tryNext(lane: Lane, latestAt: number): Promise<(() => void) | undefined> {
    if (stoppedForMs() > 0) throw new NotionBusy(stoppedForMs());

    const turn = await pace.reserve(lane, Math.max(0, latestAt - clock.now()));
    if ('putOffMs' in turn) {
      if (clock.now() + turn.putOffMs > latestAt) throw new NotionBusy(turn.putOffMs);
      await clock.sleep(turn.putOffMs);
      return undefined;
    }
    const at = clock.now() + turn.waitMs;
    if (turn.waitMs > 0) await clock.sleep(turn.waitMs);

    const leave = await inFlight.enter(Math.max(0, latestAt - clock.now()));
    if (!leave) throw new NotionBusy(UNTIL_PLACE_MS);
    try {
      const heldMs = (await pace.heldForMs()) + stoppedForMs();
      if (heldMs === 0 && clock.now() - at <= TURN_LASTS_MS) return leave;
    } catch (error) {
      leave();
      throw error;
    }
    leave();
    return undefined;
  }

  return {
    async next(lane, latestAt) {
      for (;;) {
        const leave = await tryNext(lane, latestAt);
        if (leave) return leave;
      }
    },
    stop(waitMs) {
      const isNew = stoppedForMs() === 0;
      stoppedUntil = Math.max(stoppedUntil, clock.now() + waitMs);
      return isNew;
    },
  };
}
