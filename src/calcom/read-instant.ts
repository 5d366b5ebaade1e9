import { z } from 'zod';

/** Cal.com is younger than the first, and Temporal's clock ends soon after the last. */
const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(9999, 0);

const Instant = z.iso.datetime({ offset: true });

/**
 * Reads a point in time in any spelling Cal.com uses: it sends `Z`, `.000Z` and the offset of its server's clock. The
 * blanks, lower-case letters, missing seconds and short offsets of databases are no reason to refuse a booking; a time
 * without an offset is no instant, and guessing one would remind people at the wrong hour.
 *
 * @returns epoch milliseconds.
 */
export function readInstant(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 40) return undefined;
  const spelled = value
    .trim()
    .toUpperCase()
    .replace(/^(\S{10}) /, '$1T')
    .replace(/(T\d\d:\d\d)(?=[Z+-])/, '$1:00')
    .replace(/([+-]\d\d)$/, '$1:00')
    .replace(/([+-]\d\d)(\d\d)$/, '$1:$2');
  if (!Instant.safeParse(spelled).success) return undefined;

  const instant = Date.parse(spelled);
  return instant >= EARLIEST && instant < LATEST ? instant : undefined;
}
