import { createHmac } from 'node:crypto';

/**
 * A name for something that must not be named: stable, and only this installation can tell what it stands for.
 *
 * @param key the installation key.
 * @param purpose keeps hashes of the same facts for different uses apart.
 * @returns `length` lower-case hex digits, 64 at most.
 */
export function keyedHash(key: string, purpose: string, facts: readonly unknown[], length = 32): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([purpose, ...facts]))
    .digest('hex')
    .slice(0, length);
}
