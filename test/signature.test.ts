import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { secretThatSigned } from '../src/signature.ts';
import { fixture, fixtureNames } from './calcom/support.ts';

const SECRET = 'cal-fixture-secret';
const body = Buffer.from(JSON.stringify(fixture('booking-created')));
/** As documented beside the sample bodies, from another implementation of HMAC. */
const signature = 'db53027f7392928ba5ca41b90f5675a58923747b25e061514152aa35916eb137';

function sign(content: Buffer, secret = SECRET): string {
  return createHmac('sha256', secret).update(content).digest('hex');
}

describe('a signature', () => {
  it.each(fixtureNames)('fits the body it was made for: %s', (name) => {
    const content = Buffer.from(JSON.stringify(fixture(name)));

    expect(secretThatSigned([SECRET], content, sign(content))).toBe(1);
  });

  it.each([
    ['lower-case hex, as Cal.com sends it', signature],
    ['upper-case hex', signature.toUpperCase()],
    ['with the prefix other senders use', `sha256=${signature}`],
    ['with that prefix in capitals', `SHA256=${signature}`],
    ['with blanks around it', `  ${signature} `],
  ])('may be spelled %s', (_, header) => {
    expect(secretThatSigned([SECRET], body, header)).toBe(1);
  });

  it('may be made with either of two secrets, while they are being exchanged, and tells with which', () => {
    expect(secretThatSigned([SECRET, 'the-old-secret'], body, signature)).toBe(1);
    expect(secretThatSigned(['the-new-secret', SECRET], body, signature)).toBe(2);
  });

  it('may be made with a secret, and over a body, that is not ASCII', () => {
    const content = Buffer.from('{"name":"Zoë 🌱"}');

    expect(secretThatSigned(['geheim-ß-秘密'], content, sign(content, 'geheim-ß-秘密'))).toBe(1);
  });

  it.each([
    ['of another secret', sign(body, 'another-secret')],
    ['cut short', signature.slice(0, -1)],
    ['cut to nothing', ''],
    ['with a digit too many', `${signature}0`],
    ['with a digit changed', `${signature.slice(0, -1)}8`],
    ['with something that is no hex digit', `${signature.slice(0, -1)}g`],
    ['sent twice, as Node joins two headers', `${signature}, ${signature}`],
    ['beside a wrong one', `${'0'.repeat(64)}, ${signature}`],
    ['with another prefix', `sha1=${signature}`],
    ['with the prefix twice', `sha256=sha256=${signature}`],
    ['in base64', Buffer.from(signature, 'hex').toString('base64')],
    ['that says there is no secret', 'no-secret-provided'],
  ])('does not fit when it is one %s', (_, header) => {
    expect(secretThatSigned([SECRET], body, header)).toBeUndefined();
  });

  it('does not fit when there is none, or a list of them', () => {
    expect(secretThatSigned([SECRET], body, undefined)).toBeUndefined();
    expect(secretThatSigned([SECRET], body, [signature])).toBeUndefined();
  });

  it('fits nothing when there is no secret', () => {
    expect(secretThatSigned([], body, signature)).toBeUndefined();
    expect(secretThatSigned([], body, sign(body, ''))).toBeUndefined();
  });

  it('does not fit a body of which a single bit was changed', () => {
    for (const at of [0, 100, body.length - 1]) {
      const tampered = Buffer.from(body);
      tampered.writeUInt8(tampered.readUInt8(at) ^ 1, at);

      expect(secretThatSigned([SECRET], tampered, signature)).toBeUndefined();
    }
  });

  it('does not fit the same JSON written another way', () => {
    const indented = Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 2));

    expect(secretThatSigned([SECRET], indented, signature)).toBeUndefined();
  });
});
