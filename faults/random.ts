/** Chance that can be repeated: the same seed makes the same choices. */
export interface Random {
  /** From `low` up to, but not including, `high`. */
  between(low: number, high: number): number;
  /** @returns undefined for no items. */
  oneOf<Item>(items: readonly Item[]): Item | undefined;
}

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (low, high) => low + next() * (high - low),
    oneOf: (items) => items[Math.floor(next() * items.length)],
  };
}
