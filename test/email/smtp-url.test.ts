import { describe, expect, it } from 'vitest';
import { parseSmtpUrl } from '../../src/email/smtp-url.ts';
import { OperatorError } from '../../src/operator-error.ts';

describe('parseSmtpUrl', () => {
  it('reads host, port and login, percent-encoded', () => {
    expect(parseSmtpUrl('smtp://calls%40example.com:p%3A%2Fss@mail.example.com:2525')).toEqual({
      host: 'mail.example.com',
      port: 2525,
      secure: false,
      requireTLS: true,
      auth: { user: 'calls@example.com', pass: 'p:/ss' },
    });
  });

  it.each([
    ['smtp://mail.example.com', { port: 587, secure: false, requireTLS: true }],
    ['smtps://mail.example.com', { port: 465, secure: true, requireTLS: false }],
    ['smtp://mail.example.com?requireTLS=false', { requireTLS: false }],
    ['smtp://127.0.0.1:1025', { requireTLS: false }],
    ['smtp://localhost', { requireTLS: false }],
    ['smtp://[::1]:1025', { host: '::1', requireTLS: false }],
    ['smtp://127.0.0.1:1025?requireTLS=true', { requireTLS: true }],
    ['smtps://mail.example.com?tls.rejectUnauthorized=false', { tls: { rejectUnauthorized: false } }],
  ])('protects the way to %s as %o', (url, server) => {
    expect(parseSmtpUrl(url)).toMatchObject(server);
  });

  it.each([
    'mail.example.com',
    'http://user:hunter22@mail.example.com',
    'smtp://user:hunter22@mail.example.com?requireTLS=maybe',
    'smtp://user:hunter22@mail.example.com?logger=true',
  ])('refuses %s without repeating the password', (url) => {
    expect(() => parseSmtpUrl(url)).toThrow(/^SMTP_URL(?!.*hunter22)/);
  });

  it.each(['smtp://user:100%@mail.example.com', 'smtp://us%er@mail.example.com'])(
    'says what to write for the percent sign of %s, and needs no stack for it',
    (url) => {
      expect(() => parseSmtpUrl(url)).toThrow(
        new OperatorError('SMTP_URL: user or password is not percent-encoded (% is %25)'),
      );
      expect(() => parseSmtpUrl(url)).toThrow(OperatorError);
    },
  );
});
