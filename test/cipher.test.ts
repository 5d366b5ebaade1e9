import { describe, expect, it } from 'vitest';
import { createCipher, UnknownKey } from '../src/cipher.ts';
import { aKey } from './support/a-key.ts';

const NOTE = Buffer.from('Tobias Okafor <tobias.okafor@example.com>');

describe('what was encrypted', () => {
  const cipher = createCipher([aKey('one')]);

  it.each([
    ['a note', NOTE],
    ['nothing', Buffer.alloc(0)],
    ['a megabyte', Buffer.alloc(1_048_576, NOTE)],
    ['a part of a larger buffer', Buffer.concat([NOTE, NOTE]).subarray(3, 20)],
    ['plain bytes', new Uint8Array([0, 255, 128])],
  ])('is decrypted to what it was: %s', (_kind, plain) => {
    expect(cipher.decrypt(cipher.encrypt(plain)).equals(plain)).toBe(true);
  });

  it('shows nothing of what it is, and looks different each time', () => {
    const [once, again] = [cipher.encrypt(NOTE), cipher.encrypt(NOTE)];

    expect(once.includes('Tobias')).toBe(false);
    expect(once.equals(again)).toBe(false);
  });

  it('is 29 bytes and the id of the key longer than what it was', () => {
    expect(cipher.encrypt(NOTE)).toHaveLength(NOTE.length + 29 + 'one'.length);
  });

  it('is refused when a single bit of it is another one, wherever that is', () => {
    const encrypted = cipher.encrypt(NOTE);

    for (const index of encrypted.keys()) {
      const altered = Buffer.from(encrypted);
      altered[index]! ^= 1;
      expect(() => cipher.decrypt(altered), `byte ${index}`).toThrow();
    }
  });

  it('is refused when its end is missing', () => {
    const encrypted = cipher.encrypt(NOTE);

    for (const length of encrypted.keys()) {
      expect(() => cipher.decrypt(encrypted.subarray(0, length)), `${length} bytes`).toThrow();
    }
  });
});

describe('a key that is exchanged', () => {
  const before = createCipher([aKey('old')]);
  const after = createCipher([aKey('new'), aKey('old')]);

  it('encrypts as soon as it is the first', () => {
    expect([before.keyId, after.keyId]).toEqual(['old', 'new']);
    expect(createCipher([aKey('new')]).decrypt(after.encrypt(NOTE))).toEqual(NOTE);
  });

  it('leaves what the old one encrypted readable, wherever in the ring that is', () => {
    expect(after.decrypt(before.encrypt(NOTE))).toEqual(NOTE);
  });

  it('is read before it is written with, where it is only behind the old one yet', () => {
    const prepared = createCipher([aKey('old'), aKey('new')]);

    expect(prepared.decrypt(after.encrypt(NOTE))).toEqual(NOTE);
  });
});

describe('a key that is not in the ring', () => {
  it('is named by its id', () => {
    const encrypted = createCipher([aKey('lost')]).encrypt(NOTE);

    expect(() => createCipher([aKey('other')]).decrypt(encrypted)).toThrow(
      expect.objectContaining({
        name: 'UnknownKey',
        keyId: 'lost',
        message: 'No key called "lost": put it back into ENCRYPTION_KEYS, behind the newest.',
      }),
    );
    expect(() => createCipher([aKey('other')]).decrypt(encrypted)).toThrow(UnknownKey);
  });

  it('is not replaced by another one of the same name', () => {
    const encrypted = createCipher([aKey('one')]).encrypt(NOTE);
    const impostor = createCipher([{ ...aKey('another'), id: 'one' }]);

    expect(() => impostor.decrypt(encrypted)).toThrow();
  });
});
