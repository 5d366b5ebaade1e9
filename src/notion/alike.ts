/** How two names may be spelled and still be taken for one another by a person: case, white space and accents aside. */
export function looksLike(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

/**
 * Which of these names somebody may have meant, nearest first.
 *
 * @returns at most three, none that differs by more than half of its letters.
 */
export function nearestTo(wanted: string, names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, distance: distanceBetween(bare(wanted), bare(name)) }))
    .filter(({ name, distance }) => distance <= Math.max(bare(wanted).length, bare(name).length) / 2)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

function bare(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[\p{M}\s]/gu, '')
    .toLowerCase();
}

/** Levenshtein's: how many letters have to be put in, taken out or exchanged. */
function distanceBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const exchanged = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
