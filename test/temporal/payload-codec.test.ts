import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCipher, type KeyRing } from '../../src/cipher.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { aBooking } from '../support/a-booking.ts';
import { aKey } from '../support/a-key.ts';

const codec = codecWith(aKey('one'));

function codecWith(...ring: KeyRing) {
  return createPayloadCodec(createCipher(ring));
}

function payloadOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

function contentOf(payload: Payload | undefined): unknown {
  return defaultPayloadConverter.fromPayload(payload!);
}

/** What of a payload can be read without a key. */
function readable({ metadata, data }: Payload): string {
  return Buffer.concat([...Object.values(metadata ?? {}), data ?? Buffer.alloc(0)]).toString('latin1');
}

describe('an encoded payload', () => {
  it('is marked as Temporal marks such payloads, with the id of its key', async () => {
    const [encoded] = await codec.encode([payloadOf(aBooking())]);

    expect(Object.entries(encoded!.metadata!).map(([name, value]) => [name, value.toString()])).toEqual([
      ['encoding', 'binary/encrypted'],
      ['encryption-key-id', 'one'],
    ]);
  });

  it('shows nothing of its content, not even how that was encoded', async () => {
    const [encoded] = await codec.encode([payloadOf(aBooking())]);

    expect(readable(encoded!)).not.toMatch(/Tobias|okafor|json|startsAt/i);
  });

  it('is decoded to what it was, in the order it had', async () => {
    const values = [aBooking(), undefined, null, '', 'Łucja 🌍', 3.5, new Uint8Array([0, 1, 255]), []];

    const decoded = await codec.decode(await codec.encode(values.map(payloadOf)));

    expect(decoded.map(contentOf)).toEqual(values);
  });

  it('keeps all of its own metadata', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.uint8Array()), fc.uint8Array(), async (metadata, data) => {
        const [decoded] = await codec.decode(await codec.encode([{ metadata, data }]));

        expect(Buffer.from(decoded!.data!)).toEqual(Buffer.from(data));
        expect(Object.entries(decoded!.metadata!).map(([name, value]) => [name, [...value]])).toEqual(
          Object.entries(metadata).map(([name, value]) => [name, [...value]]),
        );
      }),
    );
  });
});

describe('the size of an encoded payload', () => {
  const sizeOf = async (payload: Payload) => (await codec.encode([payload]))[0]!.data!.length;

  it('is smaller than the payload where that repeats itself', async () => {
    const booking = payloadOf({ before: aBooking(), after: aBooking() });

    expect(await sizeOf(booking)).toBeLessThan(0.7 * booking.data!.length);
  });

  it('is larger by a fixed few bytes where there is nothing to be gained', async () => {
    const [small, large] = [randomBytes(20), randomBytes(20_000)].map((data) => ({ metadata: {}, data }));

    expect(await sizeOf(small!)).toBeLessThanOrEqual(20 + 45);
    expect(await sizeOf(large!)).toBeLessThanOrEqual(20_000 + 45);
  });
});

describe('a payload that was never encrypted', () => {
  it('is left as it is: runs that began before there was encryption go on', async () => {
    const payloads = [payloadOf(aBooking()), {}, { metadata: {} }];

    expect(await codec.decode(payloads)).toEqual(payloads);
  });

  it('is told from an encrypted one beside it', async () => {
    const [encoded] = await codec.encode([payloadOf('secret')]);

    expect((await codec.decode([payloadOf('old'), encoded!])).map(contentOf)).toEqual(['old', 'secret']);
  });
});

describe('when keys are exchanged', () => {
  it('what the old key encrypted is still decoded, and the new one encrypts', async () => {
    const rotated = codecWith(aKey('two'), aKey('one'));
    const old = await codec.encode([payloadOf('before')]);

    expect((await rotated.decode(old)).map(contentOf)).toEqual(['before']);
    expect(readable((await rotated.encode(old))[0]!)).toContain('two');
  });

  it('a key that is missing is named', async () => {
    const old = await codec.encode([payloadOf('before')]);

    await expect(codecWith(aKey('two')).decode(old)).rejects.toThrow(/No key called "one".*ENCRYPTION_KEYS/);
  });
});

describe('a payload that only looks encrypted', () => {
  it.each([
    ['holds nothing', undefined],
    ['holds something else', Buffer.from('something else that is long enough for a key, an IV and a tag')],
  ])('is refused: it %s', async (_what, data) => {
    const metadata = { encoding: Buffer.from('binary/encrypted') };

    await expect(codec.decode([{ metadata, ...(data && { data }) }])).rejects.toThrow();
  });
});
