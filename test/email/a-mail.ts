import { createMailRenderer, type MailLinks, type MailToWrite } from '../../src/email/mail-renderer.ts';
import { ADA, aBooking } from './a-booking.ts';

export const LANGUAGES = ['en', 'de', 'fr', 'nl'];

export const renderer = createMailRenderer({ templatesDir: 'templates', fallbackTimeZone: 'UTC' });

export const LINKS: MailLinks = {
  confirm: 'https://precall.example.com/confirm/c',
  move: 'https://precall.example.com/move/m',
  cancel: 'https://precall.example.com/cancel/x',
  calendar: 'https://precall.example.com/calendar/k',
  unsubscribe: 'https://precall.example.com/unsubscribe/u',
  bookAgain: 'https://cal.com/grace/discovery',
};

export const NO_LINKS: MailLinks = {
  confirm: null,
  move: null,
  cancel: null,
  calendar: null,
  unsubscribe: null,
  bookAgain: null,
};

/** The mail a day before the call, to the booker; the story fills in what it is about. */
export function aMail(facts: Partial<MailToWrite> = {}): MailToWrite {
  const booking = facts.booking ?? aBooking();
  return {
    template: '24h',
    booking,
    now: Date.parse(booking.startsAt) - 24 * 3_600_000,
    reader: { ...ADA, role: 'attendee' },
    links: NO_LINKS,
    isConfirmed: false,
    ...facts,
  };
}

/** To the organizer. */
export function aHostMail(facts: Partial<MailToWrite> = {}): MailToWrite {
  return aMail({
    template: 'host-booked',
    reader: { name: 'Grace Hopper', email: 'grace@example.com', role: 'host' },
    ...facts,
  });
}
