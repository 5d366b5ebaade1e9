import { jittered } from './back-off.ts';

/** Whether Temporal is away, as those who hand it deliveries have found out. Instants are of the monotonic clock. */
export interface Outage {
  /** While it is on, one delivery after another is tried, ever less often. */
  readonly isOn: boolean;
  /** How long to wait until the next attempt. */
  pauseMs(): number;
  /** Temporal has answered. */
  end(): void;
  /**
   * A request that was started then has not been answered.
   *
   * @returns false if Temporal has answered others meanwhile, so that it is not away.
   */
  begin(startedAt: number): boolean;
}

export interface OutageOptions {
  onBegin(): void;
  onEnd(lastedMs: number): void;
}

const SHORTEST_PAUSE_MS = 250;
/** So that everything flows within 5 s of Temporal's return. */
const LONGEST_PAUSE_MS = 3_000;

export function createOutage({ onBegin, onEnd }: OutageOptions): Outage {
  let away: { since: number; failedAt: number; attempts: number } | undefined;
  let answeredAt = Number.NEGATIVE_INFINITY;

  return {
    get isOn() {
      return away !== undefined;
    },

    pauseMs() {
      if (!away) return 0;
      const pauseMs = Math.min(SHORTEST_PAUSE_MS * 2 ** (away.attempts - 1), LONGEST_PAUSE_MS);
      return Math.max(0, away.failedAt + jittered(pauseMs) - performance.now());
    },

    end() {
      answeredAt = performance.now();
      if (!away) return;
      const lastedMs = Math.round(answeredAt - away.since);
      away = undefined;
      onEnd(lastedMs);
    },

    begin(startedAt) {
      const failedAt = performance.now();
      if (!away) {
        if (answeredAt >= startedAt) return false;
        away = { since: failedAt, failedAt, attempts: 1 };
        onBegin();
      } else if (startedAt >= away.failedAt) {
        // Those that were under way together are one attempt.
        away = { ...away, failedAt, attempts: away.attempts + 1 };
      }
      return true;
    },
  };
}
