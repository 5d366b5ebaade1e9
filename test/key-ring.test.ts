import { describe, expect, it } from 'vitest';
import { makeKey, parseKeyRing } from '../src/key-ring.ts';

const NEW = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const OLD = 'Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=';

describe('a key ring', () => {
  it('is read in its order, the newest key first', () => {
    expect(parseKeyRing(`2026-12:${NEW}, first_key:${OLD}`)).toEqual([
      { id: '2026-12', bytes: Buffer.from(NEW, 'base64') },
      { id: 'first_key', bytes: Buffer.from(OLD, 'base64') },
    ]);
  });

  it('takes a key without the padding that some tools leave out', () => {
    expect(parseKeyRing(`a:${NEW.replace('=', '')}`)).toEqual([{ id: 'a', bytes: Buffer.from(NEW, 'base64') }]);
  });

  it.each([
    ['nothing', ''],
    ['a key without an id', NEW],
    ['an id without a key', 'a:'],
    ['an empty id', `:${NEW}`],
    ['an id with other characters', `a.b:${NEW}`],
    ['an id of 65 characters', `${'a'.repeat(65)}:${NEW}`],
    ['a key of 31 bytes', `a:${Buffer.alloc(31, 7).toString('base64')}`],
    ['a key of 33 bytes', `a:${Buffer.alloc(33, 7).toString('base64')}`],
    ['a key in hex', `a:${'ab'.repeat(32)}`],
    ['a key in two parts', `a:${NEW}:${OLD}`],
  ])('says what it expects in place of %s', (_fault, text) => {
    const fault = parseKeyRing(text);

    expect(fault).toBe('key 1: expected id:key, the key from `openssl rand -base64 32`');
  });

  it.each([
    ['ends in a comma', `a:${NEW},`, 'key 2: expected id:key, the key from `openssl rand -base64 32`'],
    ['has an id twice', `a:${NEW},b:${'A'.repeat(43)},a:${OLD}`, 'key 3: has the id of an earlier one'],
    ['has a key twice', `a:${NEW},b:${NEW}`, 'key 2: is the same as an earlier one'],
  ])('says which key is at fault when it %s', (_fault, text, expected) => {
    expect(parseKeyRing(text)).toBe(expected);
  });
});

describe('a new key', () => {
  it('is one that a key ring takes, and another one each time', () => {
    const [one, other] = [makeKey('mine'), makeKey('yours')];

    expect(parseKeyRing(`${one},${other}`)).toMatchObject([{ id: 'mine' }, { id: 'yours' }]);
  });
});
