import { describe, expect, it } from 'vitest';
import { isFromThisMachine, isLoopback } from '../src/loopback.ts';

describe('a host', () => {
  it.each(['localhost', '127.0.0.1', '127.255.0.7', '::ffff:127.0.0.1', '::1', '[::1]'])(
    'that only this machine reaches: %s',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  it.each([
    '0.0.0.0',
    '::',
    '',
    '10.0.0.1',
    '128.0.0.1',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '1127.0.0.1',
    '::ffff:10.0.0.1',
  ])('that others may reach: %s', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('a request', () => {
  const ip = '127.0.0.1';

  it.each(['localhost', 'localhost:8000', '127.0.0.1:8000', '[::1]:8000', 'LocalHost'])(
    'for %s comes from this machine',
    (host) => {
      expect(isFromThisMachine({ headers: { host }, ip })).toBe(true);
    },
  );

  it.each([undefined, '', 'precall.example', 'localhost.evil.example', 'user@', 'a b', '[::1', '0.0.0.0'])(
    'for %s may come from anywhere',
    (host) => {
      expect(isFromThisMachine({ headers: { ...(host !== undefined && { host }) }, ip })).toBe(false);
    },
  );

  it.each(['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-anything', 'x-real-ip'])(
    'with the header %s was passed on by somebody',
    (name) => {
      expect(isFromThisMachine({ headers: { host: 'localhost', [name]: '127.0.0.1' }, ip })).toBe(false);
    },
  );

  it('from another address is not made local by its Host header', () => {
    expect(isFromThisMachine({ headers: { host: 'localhost' }, ip: '192.0.2.7' })).toBe(false);
  });
});
