import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks again and again until something is there.
 *
 * @param what is awaited, for the error; a function is asked only then.
 * @param look answers with the thing; undefined or false means not yet.
 * @throws {Error} when it is not there after `limitMs`.
 */
export async function until<T>(
  what: string | (() => string),
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  for (const deadline = Date.now() + limitMs; ; ) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) {
      const missing = typeof what === 'string' ? what : what();
      throw new Error(`After ${limitMs / 1_000} s there is still no ${missing}`);
    }
    await sleep(50);
  }
}
