import leven from 'leven';

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
    .map((name) => ({ name, distance: leven(bare(wanted), bare(name)) }))
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
