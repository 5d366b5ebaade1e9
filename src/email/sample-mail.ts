import type { Booking } from '../booking.ts';
import type { MailToWrite } from './mail-variables.ts';

/** A booking of which everything is known, to try templates with. */
const BOOKING: Booking = {
  uid: 'zcioSE6n51cbpobbEprooE',
  title: 'Discovery call',
  startsAt: '2026-12-03T15:00:00.000Z',
  endsAt: '2026-12-03T15:45:00.000Z',
  organizer: { name: 'Grace Hopper', email: 'grace@example.com', timeZone: 'Europe/Berlin' },
  attendees: [
    { name: 'Ada Lovelace', email: 'ada@example.com', timeZone: 'America/Chicago' },
    { name: 'Charles Babbage', email: 'charles@example.com' },
  ],
  joinUrl: 'https://app.cal.com/video/zcioSE6n51cbpobbEprooE',
  answers: [
    { question: 'What would you like to talk about?', answer: 'How engines weave algebraic patterns' },
    { question: 'How large is your team?', answer: '12' },
  ],
};

/** A time at which each of the reminders says something of its own: days, hours, minutes ahead. */
const HOURS_BEFORE: Record<string, number> = { '72h': 72, '2h': 2 };

/** What a mail says when everything is known that it could say. */
export function sampleMail(template: string): MailToWrite {
  const hoursBefore = HOURS_BEFORE[template] ?? 24;
  return {
    template,
    booking: BOOKING,
    now: Date.parse(BOOKING.startsAt) - hoursBefore * 3_600_000,
    reader: isForHosts(template)
      ? { name: 'Grace Hopper', email: 'grace@example.com', role: 'host' }
      : { ...BOOKING.attendees[0], role: 'attendee' },
    links: {
      confirm: 'https://precall.example.com/confirm/sample',
      move: 'https://precall.example.com/move/sample',
      cancel: 'https://precall.example.com/cancel/sample',
      calendar: 'https://precall.example.com/calendar/sample',
      unsubscribe: 'https://precall.example.com/unsubscribe/sample',
      bookAgain: 'https://cal.com/grace/discovery-call',
    },
    isConfirmed: false,
    acknowledged: true,
    previousStartsAt: '2026-12-02T09:30:00.000Z',
    reason: 'A colleague has to be there as well',
    seriesStartsAt: [BOOKING.startsAt, '2026-12-10T15:00:00.000Z', '2026-12-17T15:00:00.000Z'],
  };
}

/** What a mail says when next to nothing is known. */
export function bareMail(template: string): MailToWrite {
  return {
    template,
    booking: {
      uid: 'zcioSE6n51cbpobbEprooE',
      title: '',
      startsAt: '2026-12-03T15:00:00.000Z',
      endsAt: '2026-12-03T15:00:00.000Z',
      organizer: { name: '' },
      attendees: [{ name: '', email: 'ada@example.com' }],
    },
    now: Date.parse('2026-12-03T14:48:00.000Z'),
    reader: { name: '', email: 'ada@example.com', role: isForHosts(template) ? 'host' : 'attendee' },
    links: { confirm: null, move: null, cancel: null, calendar: null, unsubscribe: null, bookAgain: null },
    isConfirmed: true,
  };
}

function isForHosts(template: string): boolean {
  return template.startsWith('host-') || template === 'move-rejected';
}
