import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Cipher } from '../cipher.ts';

/** How the store keeps what only Precall may read: deflated, then encrypted. */
export interface Seal {
  close(plain: Uint8Array): Buffer;
  /** @throws {UnknownKey} when its key has been taken out of the ring. */
  open(sealed: Buffer): Buffer;
  closeJson(value: unknown): Buffer;
  openJson(sealed: Buffer): unknown;
}

export function createSeal(cipher: Cipher): Seal {
  const close = (plain: Uint8Array) => cipher.encrypt(deflateRawSync(plain));
  const open = (sealed: Buffer) => inflateRawSync(cipher.decrypt(sealed));
  return {
    close,
    open,
    closeJson: (value) => close(Buffer.from(JSON.stringify(value))),
    openJson: (sealed) => JSON.parse(open(sealed).toString()),
  };
}
