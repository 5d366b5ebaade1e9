import type { QuietHours } from '../booking-plan.ts';

const MINUTE_MS = 60_000;
const MINUTES_OF_A_DAY = 24 * 60;

/**
 * Moves reminders that would come at night to the evening before: earlier, never later.
 *
 * Where that would be before the booking was confirmed, or no later than the reminder before it, one stays at its own instant: a mail at
 * night is better than none. What was missed when the booking was confirmed is left alone.
 *
 * Instants are epoch milliseconds. Quiet hours go by the clock on the wall, minute by minute: where clocks are changed they may last an
 * hour more or less.
 *
 * @returns the new instants of those that are moved, by their offset.
 */
export function keepQuiet(facts: {
  startsAt: number;
  confirmedAt: number;
  offsetsMs: readonly number[];
  quietHours: QuietHours;
  timeZone: string;
}): Record<number, number> {
  const { startsAt, confirmedAt, offsetsMs, quietHours, timeZone } = facts;
  const isQuiet = quietnessIn(timeZone, quietHours);
  const moved: Record<number, number> = {};
  let latest = confirmedAt;
  let hasPrevious = false;
  for (const offsetMs of offsetsMs.toSorted((a, b) => b - a)) {
    const ownInstant = startsAt - offsetMs;
    if (ownInstant < confirmedAt) continue;
    const earlier = lastBeforeQuiet(ownInstant, isQuiet);
    const hasRoom = hasPrevious ? earlier > latest : earlier >= latest;
    if (earlier < ownInstant && hasRoom) moved[offsetMs] = earlier;
    latest = moved[offsetMs] ?? ownInstant;
    hasPrevious = true;
  }
  return moved;
}

/** Itself, if it is not quiet then. */
function lastBeforeQuiet(instant: number, isQuiet: (instant: number) => boolean): number {
  if (!isQuiet(instant)) return instant;
  let at = Math.floor(instant / MINUTE_MS) * MINUTE_MS;
  while (isQuiet(at)) at -= MINUTE_MS;
  return at;
}

/** At the very beginning and the very end it is not quiet. */
function quietnessIn(timeZone: string, { from, to }: QuietHours): (instant: number) => boolean {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const [begins, ends] = [minuteOf(from), minuteOf(to)];
  const lengthMinutes = (ends - begins + MINUTES_OF_A_DAY) % MINUTES_OF_A_DAY;
  return (instant) => {
    const sinceMinutes = (minuteOf(format.format(instant)) - begins + MINUTES_OF_A_DAY) % MINUTES_OF_A_DAY;
    return sinceMinutes > 0 && sinceMinutes < lengthMinutes;
  };
}

/** Of the day: `08:30` is 510. */
function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return hours! * 60 + minutes!;
}
