import { createHash } from 'node:crypto';
import type { EncryptionKey } from '../../src/cipher.ts';

/** The key of this name: the same one each time. */
export function aKey(id: string): EncryptionKey {
  return { id, bytes: createHash('sha256').update(id).digest() };
}
