/** Notion keeps no longer address. */
const MAX_LENGTH = 200;

const ZERO_WIDTH = /[\u200b-\u200d\u2060\ufeff]/g;

/** The address as it is compared, or undefined if `text` is not one address. Dots and plus tags stay: they can matter. */
export function normalizeAddress(text: string): string | undefined {
  const address = text
    .normalize('NFC')
    .replace(ZERO_WIDTH, '')
    .trim()
    .replace(/^<(.*)>$/, '$1')
    .replace(/^mailto:/i, '')
    .toLowerCase();
  return address.length <= MAX_LENGTH && /^[^\s@]+@[^\s@]+$/.test(address) ? address : undefined;
}

/** Whether a cell holds this (normalized) address, alone or among others, as people write them: `Ann <ann@x.ca>; …`. */
export function holdsAddress(cell: string, address: string): boolean {
  return [cell, ...cell.split(/[\s,;/]+/)].some((part) => normalizeAddress(part) === address);
}
