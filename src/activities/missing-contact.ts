const MINUTE_MS = 60_000;

/** How long after a contact was missed it is looked for again: another automation of the operator's may add it. */
const LOOKS_AFTER_MS = [MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS];

/** Epoch milliseconds. */
interface Missing {
  missedAt: number;
  now: number;
  /** Who is added after the call was missed by everybody. */
  callEndsAt: number;
}

/** @returns how long it is until a contact that was missed is looked for again; undefined if it is not any more. */
export function untilNextLook({ missedAt, now, callEndsAt }: Missing): number | undefined {
  const next = LOOKS_AFTER_MS.map((afterMs) => missedAt + afterMs).find((at) => at > now);
  return next === undefined || next > callEndsAt ? undefined : next - now;
}

/** Whether the first look after it was missed is yet to come. Epoch milliseconds. */
export function isTooEarly(missedAt: number, now: number): boolean {
  return now - missedAt < MINUTE_MS;
}
