import { describe, expect, it } from 'vitest';
import { domainOf, parseMailbox } from '../../src/email/mailbox.ts';

describe('parseMailbox', () => {
  it.each([
    ['calls@example.com', { name: '', email: 'calls@example.com' }],
    ['Precall <calls@example.com>', { name: 'Precall', email: 'calls@example.com' }],
    ['"Hopper, Grace" <grace@example.com>', { name: 'Hopper, Grace', email: 'grace@example.com' }],
    ['<calls@example.com>', { name: '', email: 'calls@example.com' }],
  ])('reads %s', (text, mailbox) => {
    expect(parseMailbox(text)).toEqual(mailbox);
  });
});

describe('domainOf', () => {
  it('is what stands on the wire', () => {
    expect(domainOf({ email: 'calls@example.com' })).toBe('example.com');
    expect(domainOf({ email: 'calls@bücher.example' })).toBe('xn--bcher-kva.example');
    expect(domainOf({ email: 'precall@localhost' })).toBe('localhost');
  });
});
