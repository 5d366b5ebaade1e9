import { describe, expect, it } from 'vitest';
import { isOneAddress } from '../src/address.ts';

describe('one address', () => {
  it.each([
    'ada@example.com',
    'ada.lovelace+calls@mail.example.co.uk',
    "o'brien_1%x@example.com",
    '15550142233@sms.cal.com',
    'zoë@exämple.com',
    '用户@例子.广告',
    'a@b',
    `${'a'.repeat(64)}@example.com`,
  ])('is %s', (email) => {
    expect(isOneAddress(email)).toBe(true);
  });

  it.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'ada@@example.com',
    'ada@example.com@evil.example',
    'ada@example.com,eve@evil.example',
    'ada@example.com;eve@evil.example',
    'ada@example.com eve@evil.example',
    'Ada <ada@example.com>',
    '<ada@example.com>',
    'friends:ada@example.com;',
    '@relay.example:ada@example.com',
    '"ada@evil.example"@example.com',
    'ada(comment)@example.com',
    'ada@[127.0.0.1]',
    'ada\\@example.com',
    'ada@example.com\r\nBcc: eve@evil.example',
    'ada@exam\u0000ple.com',
    'ada\u202e@example.com',
    'ada\u200b@example.com',
    '\ud800@example.com',
    'ada@example\udfff.com',
    ' ada@example.com',
    'ada@example.com ',
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a'.repeat(191)}`,
  ])('is not %j', (email) => {
    expect(isOneAddress(email)).toBe(false);
  });

  it('is looked for in a megabyte of text at once', () => {
    const before = performance.now();
    for (const text of ['a', '@', 'a@', 'a.']) isOneAddress(text.repeat(500_000));

    expect(performance.now() - before).toBeLessThan(500);
  });
});
