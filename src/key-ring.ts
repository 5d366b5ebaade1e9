import { randomBytes } from 'node:crypto';
import type { EncryptionKey, KeyRing } from './cipher.ts';

const KEY_BYTES = 32;
const FORM = /^([\w-]{1,64}):([A-Za-z0-9+/]{43})=?$/;

/**
 * Reads keys as ENCRYPTION_KEYS has them: `id:key,id:key`, the newest first. A key is 32 bytes in base64; an id is 64
 * letters, digits, `_` and `-` at most.
 *
 * @returns what is wrong, if anything is. A fault names its key by place: whoever forgets the id gives us a key in its stead.
 */
export function parseKeyRing(text: string): KeyRing | string {
  const keys: EncryptionKey[] = [];
  for (const [index, part] of text.split(',').entries()) {
    const [, id, base64] = FORM.exec(part.trim()) ?? [];
    if (!id || !base64) return `key ${index + 1}: expected id:key, the key from \`openssl rand -base64 ${KEY_BYTES}\``;

    const bytes = Buffer.from(base64, 'base64');
    if (keys.some((other) => other.id === id)) return `key ${index + 1}: has the id of an earlier one`;
    if (keys.some((other) => other.bytes.equals(bytes))) return `key ${index + 1}: is the same as an earlier one`;
    keys.push({ id, bytes });
  }
  return keys as [EncryptionKey, ...EncryptionKey[]];
}

/** A new key, in the form that ENCRYPTION_KEYS takes. */
export function makeKey(id: string): string {
  return `${id}:${randomBytes(KEY_BYTES).toString('base64')}`;
}
