/**
 * Whether two names mean the same option in Notion: people type them by hand, now with another letter case, now with a
 * space too many or too few.
 */
export function isSameName(one: string, other: string): boolean {
  return loosely(one) === loosely(other);
}

const loosely = (name: string) => name.normalize('NFC').replace(/\s+/g, '').toLowerCase();
