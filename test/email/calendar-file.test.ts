import fc from 'fast-check';
import ICAL from 'ical.js';
import { sync as nodeIcal, type VEvent } from 'node-ical';
import { describe, expect, it } from 'vitest';
import type { Booking } from '../../src/booking.ts';
import { type CalendarFile, type CalendarFileAbout, calendarFile } from '../../src/email/calendar-file.ts';
import { ADA, aBooking } from './a-booking.ts';

const ENTRY = { uid: 'bFVsnXMGZQQkqHh3yzPdmT@Cal.com', sequence: 2 };
const NOW = Date.parse('2026-12-01T08:30:00Z');

function write(facts: Partial<Booking> = {}, about: Partial<CalendarFileAbout> = {}): CalendarFile {
  const booking = aBooking({ calendarEntry: ENTRY, ...facts });
  const from = { name: 'Precall', email: 'calls@example.com' };
  return calendarFile({ booking, method: 'REQUEST', now: NOW, language: 'en', from, ...about })!;
}

/** What each of two parsers, which share no code, finds in the file. */
function readTwice({ content }: CalendarFile) {
  const calendar = ICAL.Component.fromString(content);
  const event = calendar.getFirstSubcomponent('vevent')!;
  const first = {
    method: calendar.getFirstPropertyValue('method'),
    uid: event.getFirstPropertyValue('uid'),
    sequence: Number(event.getFirstPropertyValue('sequence')),
    status: event.getFirstPropertyValue('status'),
    summary: event.getFirstPropertyValue('summary'),
    location: event.getFirstPropertyValue('location') ?? undefined,
    stamp: instantIn(event, 'dtstamp'),
    start: instantIn(event, 'dtstart'),
    end: instantIn(event, 'dtend'),
    organizer: personIn(event.getFirstProperty('organizer')!),
    attendees: event.getAllProperties('attendee').map(personIn),
  };

  const read = nodeIcal.parseICS(content);
  const other = Object.values(read).find((part): part is VEvent => part?.type === 'VEVENT')!;
  const second = {
    method: read.vcalendar?.method,
    uid: other.uid,
    sequence: Number(other.sequence),
    status: other.status,
    summary: other.summary,
    location: other.location,
    stamp: other.dtstamp.toISOString(),
    start: other.start.toISOString(),
    end: other.end?.toISOString(),
    organizer: otherPerson(other.organizer),
    attendees: [other.attendee ?? []].flat().map(otherPerson),
  };
  return { first, second };
}

function instantIn(event: ICAL.Component, name: string): string {
  return (event.getFirstPropertyValue(name) as ICAL.Time).toJSDate().toISOString();
}

function personIn(property: ICAL.Property) {
  return {
    email: String(property.getFirstValue()).replace(/^mailto:/i, ''),
    name: property.getFirstParameter('cn'),
  };
}

function otherPerson(person: VEvent['organizer'] | VEvent['attendee']) {
  const { val, params } = person as { val: string; params: { CN: string } };
  return { email: val.replace(/^mailto:/i, ''), name: params.CN };
}

describe('a calendar file', () => {
  it.each(['REQUEST', 'PUBLISH', 'CANCEL'] as const)('of method %s reads the same in two parsers', (method) => {
    const file = write({ attendees: [ADA, { name: 'Charles Babbage', email: 'charles@example.com' }] }, { method });
    const { first, second } = readTwice(file);

    expect(file.method).toBe(method);
    expect(first).toEqual({
      method,
      ...ENTRY,
      status: method === 'CANCEL' ? 'CANCELLED' : 'CONFIRMED',
      summary: 'Discovery call',
      location: 'https://app.cal.com/video/bFVsnXMGZQQkqHh3yzPdmT',
      stamp: '2026-12-01T08:30:00.000Z',
      start: '2026-12-03T15:00:00.000Z',
      end: '2026-12-03T15:45:00.000Z',
      organizer: { name: 'Grace Hopper', email: 'grace@example.com' },
      attendees:
        method === 'PUBLISH'
          ? []
          : [
              { name: 'Ada Lovelace', email: 'ada@example.com' },
              { name: 'Charles Babbage', email: 'charles@example.com' },
            ],
    });
    expect(second).toEqual(first);
  });

  it('is not written where the name of the entry is not known', () => {
    const about = { booking: aBooking(), now: NOW, language: 'en', from: { name: '', email: 'calls@example.com' } };

    expect(calendarFile({ ...about, method: 'REQUEST' })).toBeUndefined();
  });

  it('has times in UTC, so that it needs no table of zones', () => {
    expect(write().content).toContain('\r\nDTSTART:20261203T150000Z\r\nDTEND:20261203T154500Z\r\n');
  });

  it('asks nobody for an answer: they have booked', () => {
    expect(unfolded(write())).toContain('ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE');
  });

  it('names the sender as organizer where the booking has none with an address', () => {
    const { first } = readTwice(write({ organizer: { name: 'Grace Hopper' } }));

    expect(first.organizer).toEqual({ name: 'Precall', email: 'calls@example.com' });
  });

  it('leaves out attendees whom no mail reaches, and what is no address', () => {
    const { first } = readTwice(
      write({
        attendees: [
          { name: 'By phone', email: '15550100@sms.cal.com' },
          { name: 'Eve', email: 'eve@example.com\r\nATTENDEE:mailto:bob@example.com' },
          ADA,
        ],
      }),
    );

    expect(first.attendees).toEqual([{ name: 'Ada Lovelace', email: 'ada@example.com' }]);
  });

  it('says where the call takes place when there is no link, and names a call without a title', () => {
    const { joinUrl, ...booking } = aBooking({ title: '', location: '12; St James’s Square, London' });
    const { first, second } = readTwice(
      calendarFile({
        booking: { ...booking, calendarEntry: ENTRY },
        method: 'REQUEST',
        now: NOW,
        language: 'de',
        from: { name: '', email: 'calls@example.com' },
      })!,
    );

    expect(first).toMatchObject({ summary: 'Grace Hopper', location: '12; St James’s Square, London' });
    expect(second.location).toBe(first.location);
  });

  describe('with hostile words in the booking', () => {
    const HOSTILE = '"Eve": ;,\\n^\\"\r\nATTENDEE:mailto:eve@example.com\r\nEND:VEVENT\u202e';
    const words = fc.oneof(
      fc.constant(HOSTILE),
      fc.constant('ü'.repeat(300)),
      fc.constant('👩‍💻'.repeat(60)),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...'"\\;:,^=\r\n \tüa'), maxLength: 100 }),
    );

    it('keeps them inert, in lines of 75 octets that end as they have to', () => {
      fc.assert(
        fc.property(words, words, words, words, (title, name, location, uid) => {
          const file = write({
            title,
            location: `at ${location}`,
            organizer: { name, email: 'grace@example.com' },
            attendees: [{ ...ADA, name }],
            calendarEntry: { uid: `${uid}@Cal.com`, sequence: 0 },
          });

          for (const line of file.content.split('\r\n')) {
            expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
            expect(line).not.toMatch(/[\r\n\0]/);
          }
          const lines = unfolded(file);
          expect(lines.match(/^(?:ATTENDEE|ORGANIZER|BEGIN|END)\b/gm)).toEqual([
            ...['BEGIN', 'BEGIN', 'ORGANIZER', 'ATTENDEE', 'END', 'END'],
          ]);
          const { first } = readTwice(file);
          expect(first.attendees.map(({ email }) => email)).toEqual(['ada@example.com']);
        }),
        { numRuns: 150 },
      );
    });
  });
});

function unfolded({ content }: CalendarFile): string {
  return content.replaceAll('\r\n ', '');
}
