import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { type Booking, bookingKeyOf } from '../../src/booking.ts';
import { createLinks, type LinkClaims, type LinkPurpose, LONGEST_TOKEN } from '../../src/link.ts';
import { createPersonOf } from '../../src/person.ts';
import { type MailPagesOptions, mailPages } from '../../src/server/pages/mail-pages.ts';
import type { KeptBooking } from '../../src/store/findings.ts';
import type { ArrivedDelivery, Verdict } from '../../src/store/inbox.ts';
import type { Suppression } from '../../src/store/suppressions.ts';
import { type BookingState, hear } from '../../src/workflows/booking-state.ts';
import { INSTALLATION_KEY } from '../calcom/support.ts';
import { aBooking, confirmed } from '../support/a-booking.ts';
import { createTestLog } from './support.ts';

export const NOW = Date.parse('2026-12-01T10:00:00Z');
const links = createLinks({ installationKey: INSTALLATION_KEY, publicUrl: '' });
const personOf = createPersonOf(INSTALLATION_KEY);

/** A booking that Cal.com has pages about, and its booker's calendar an entry. */
export function aBookedCall(facts: Partial<Booking> = {}): Booking {
  const { uid } = aBooking();
  return aBooking({
    pages: {
      cancel: `https://cal.com/booking/${uid}?cancel=true`,
      move: `https://cal.com/reschedule/${uid}`,
      bookAgain: 'https://cal.com/mara-lindqvist/discovery-call',
    },
    calendarEntry: { uid: `${uid}@Cal.com`, sequence: 0 },
    ...facts,
  });
}

/** What the store has of a booking: a run that has reported, but for what the story is about. */
export function kept(
  booking: Booking,
  known: Partial<BookingState> = {},
  facts: Partial<KeptBooking> = {},
): KeptBooking {
  const heard = hear(undefined, confirmed(booking, '2026-11-24T10:00:00.000Z'))!;
  return {
    ...bookingKeyOf(booking),
    row: { isOver: false, verifiedAt: new Date(NOW), state: { known: { ...heard, ...known } } },
    isRetired: false,
    hasPending: false,
    lastReceivedAt: undefined,
    toldAt: new Date('2026-11-24T10:00:00.000Z'),
    calledOffAt: undefined,
    found: undefined,
    ...facts,
  };
}

/** Where a link in the mail to the booker leads, but for what the story is about. */
export function pathOf(purpose: LinkPurpose, claims: Partial<LinkClaims> = {}, reader = aBooking().attendees[0].email) {
  const booking = { uid: aBooking().uid };
  return links.urlOf({ purpose, booking, person: personOf(reader), language: 'en', expiresAt: NOW + 1, ...claims });
}

export interface PagesApp {
  app: FastifyInstance;
  /** What the store has; none of it is known after `found.clear()`. */
  found: Map<string, KeptBooking>;
  /** What came into the inbox, each once. */
  arrived: { delivery: ArrivedDelivery; verdict: Verdict }[];
  suppressed: Suppression[];
  woken: () => number;
  lines: () => Record<string, unknown>[];
}

/** The pages over a store in memory that knows one booking, and with no Cal.com to ask unless one is given. */
export function createPagesApp(
  booking: KeptBooking | undefined = kept(aBookedCall()),
  options: Partial<MailPagesOptions> = {},
): PagesApp {
  const { log, lines } = createTestLog();
  const app = Fastify({ loggerInstance: log as FastifyBaseLogger, routerOptions: { maxParamLength: LONGEST_TOKEN } });
  const found = new Map(booking && [[booking.uid, booking]]);
  const arrived: PagesApp['arrived'] = [];
  const suppressed: Suppression[] = [];
  let wakes = 0;
  app.register(mailPages, {
    links,
    personOf,
    findings: { kept: async ([uid]) => [found.get(uid!)].filter((one) => one !== undefined) },
    inbox: {
      async keep(delivery, verdict) {
        const repeated = arrived.some((one) => one.delivery.body.equals(delivery.body));
        if (!repeated) arrived.push({ delivery, verdict });
        return { id: 1, status: verdict.status, repeated };
      },
    },
    suppressions: { suppress: async (suppression) => void suppressed.push(suppression) },
    dispatcher: { wake: () => void wakes++ },
    calendarFrom: { name: 'Precall', email: 'precall@example.com' },
    fallbackTimeZone: 'UTC',
    now: () => NOW,
    ...options,
  });
  return { app, found, arrived, suppressed, woken: () => wakes, lines };
}
