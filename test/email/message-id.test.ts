import { describe, expect, it } from 'vitest';
import { messageIdOf } from '../../src/email/message-id.ts';

const REMINDER = {
  key: 'an installation key of at least 32 characters',
  booking: { uid: 'bFVsnXMGZQQkqHh3yzPdmT' },
  startsAt: '2026-12-03T15:00:00.000Z',
  offsetMs: 86_400_000,
  recipient: 'ada@example.com',
  domain: 'calls.example.com',
};

describe('the Message-ID of a reminder', () => {
  it('is well formed, in the domain of the sender, and tells nothing', () => {
    const id = messageIdOf(REMINDER);

    expect(id).toMatch(/^<[0-9a-f]{40}@calls\.example\.com>$/);
    expect(id).not.toContain('ada');
    expect(id).not.toContain(REMINDER.booking.uid);
  });

  it.each([
    ['sent again', {}],
    ['whose start is spelled differently', { startsAt: '2026-12-03T09:00:00-06:00' }],
    ['whose recipient is spelled differently', { recipient: 'Ada@Example.com' }],
  ])('is the same for a reminder %s', (_case, change) => {
    expect(messageIdOf({ ...REMINDER, ...change })).toBe(messageIdOf(REMINDER));
  });

  it.each([
    ['booking', { booking: { uid: 'another' } }],
    ['seat', { booking: { ...REMINDER.booking, seat: 's1' } }],
    ['start', { startsAt: '2026-12-03T15:30:00.000Z' }],
    ['step', { offsetMs: 7_200_000 }],
    ['recipient', { recipient: 'bob@example.com' }],
    ['installation', { key: 'another installation key of 32 characters' }],
  ])('differs for another %s', (_case, change) => {
    expect(messageIdOf({ ...REMINDER, ...change })).not.toBe(messageIdOf(REMINDER));
  });
});
