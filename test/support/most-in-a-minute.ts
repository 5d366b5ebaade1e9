const MINUTE_MS = 60_000;

/** The most of these instants that fall into any 60 s. */
export function mostInAMinute(instants: readonly number[]): number {
  const sorted = instants.toSorted((a, b) => a - b);
  let [most, first] = [0, 0];
  for (const [index, instant] of sorted.entries()) {
    while (instant - sorted[first]! >= MINUTE_MS) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
