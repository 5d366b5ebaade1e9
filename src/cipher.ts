import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** One key of `ENCRYPTION_KEYS`: 32 bytes, and the id that what it has encrypted is marked with. */
export interface EncryptionKey {
  id: string;
  bytes: Buffer;
}

/** The newest first: it encrypts, and all of them decrypt. */
export type KeyRing = readonly [EncryptionKey, ...EncryptionKey[]];

/** Encrypts with AES-256-GCM, and marks what it encrypts with the key's id, so that keys can be exchanged while it is in use. */
export interface Cipher {
  /** The key that encrypts now. */
  readonly keyId: string;
  encrypt(plain: Uint8Array): Buffer;
  /**
   * @throws {UnknownKey} when the key is not in the ring.
   * @throws {Error} when the bytes have been tampered with, or were not encrypted by this at all.
   */
  decrypt(encrypted: Uint8Array): Buffer;
}

/** Something was encrypted with a key that ENCRYPTION_KEYS does not hold (any more). */
export class UnknownKey extends Error {
  override readonly name = 'UnknownKey';
  readonly keyId: string;

  constructor(keyId: string) {
    super(`No key called "${keyId}": put it back into ENCRYPTION_KEYS, behind the newest.`);
    this.keyId = keyId;
  }
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What it encrypts is: the length of the key's id, the id, a random IV, the ciphertext, the tag. */
export function createCipher(ring: KeyRing): Cipher {
  const [newest] = ring;
  const mark = Buffer.concat([Buffer.from([newest.id.length]), Buffer.from(newest.id, 'latin1')]);
  return {
    keyId: newest.id,

    encrypt(plain) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', newest.bytes, iv).setAAD(mark);
      return Buffer.concat([mark, iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },

    decrypt(encrypted) {
      const bytes = Buffer.from(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength);
      const markEnd = 1 + (bytes[0] ?? 0);
      const ivEnd = markEnd + IV_BYTES;
      if (bytes.length < ivEnd + TAG_BYTES) throw new Error('This is nothing that we have encrypted: it is too short.');
      const keyId = bytes.toString('latin1', 1, markEnd);
      const key = ring.find(({ id }) => id === keyId);
      if (!key) throw new UnknownKey(keyId);

      const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(markEnd, ivEnd), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(bytes.subarray(0, markEnd))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(ivEnd, -TAG_BYTES)), decipher.final()]);
    },
  };
}
