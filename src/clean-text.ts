/** Marks that reorder the text around them, and characters nobody sees. ZWJ and ZWNJ stay: emoji and Persian need them. */
const INVISIBLE = /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/gu;
const BREAKS = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\s]+/gu;

/**
 * What somebody typed into a booking form, as one clean line that is safe in a header and cannot turn around the text
 * next to it.
 *
 * @param maxLength in characters as people count them; what is longer ends in an ellipsis.
 */
export function oneLine(text: string, maxLength = 200): string {
  // Cut roughly first: a name of megabytes must not be split into characters.
  const line = text
    .slice(0, 10 * maxLength)
    .replace(INVISIBLE, '')
    .replace(BREAKS, ' ')
    .trim();
  const characters = [...line];
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : line;
}
