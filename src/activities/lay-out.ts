import type { QuietHours } from '../booking-plan.ts';
import { keepQuiet } from './quiet-hours.ts';

/** The reminders of a call that are to keep quiet hours. Instants are ISO 8601 in UTC. */
export interface LayoutRequest {
  startsAt: string;
  /** Nothing is sent before it. */
  confirmedAt: string;
  /** How long before the call each is due by itself. */
  offsetsMs: number[];
  quietHours: QuietHours;
  /** Whose clock the quiet hours go by, IANA; absent where nobody's is known. */
  timeZone?: string;
}

export interface LayoutActivities {
  /** @returns when those that are moved are due, epoch milliseconds by their offset. */
  layOutReminders(request: LayoutRequest): Promise<Record<number, number>>;
}

/** @param fallbackTimeZone for those whose own is not known. */
export function createLayoutActivities({ fallbackTimeZone }: { fallbackTimeZone: string }): LayoutActivities {
  return {
    async layOutReminders({ startsAt, confirmedAt, offsetsMs, quietHours, timeZone = fallbackTimeZone }) {
      return keepQuiet({
        startsAt: Date.parse(startsAt),
        confirmedAt: Date.parse(confirmedAt),
        offsetsMs,
        quietHours,
        timeZone,
      });
    },
  };
}
