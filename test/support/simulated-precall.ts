import { setImmediate as immediately } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { createCampaignActivities } from '../../src/activities/campaign.ts';
import {
  createContactActivities,
  createEmailActivities,
  createLayoutActivities,
  createNoticeActivities,
  createRecordActivities,
} from '../../src/activities/index.ts';
import type { Clock } from '../../src/activities/mail-sender.ts';
import type { BookingKey } from '../../src/booking.ts';
import type { BookingPlan } from '../../src/booking-plan.ts';
import { readDelivery } from '../../src/calcom/read-delivery.ts';
import { stripSecrets } from '../../src/calcom/strip-secrets.ts';
import { createCipher } from '../../src/cipher.ts';
import type { MailTransport, OutgoingMail, PreparedMail } from '../../src/email/mail-transport.ts';
import { keyedHash } from '../../src/keyed-hash.ts';
import type { ContactFields, Notion } from '../../src/notion/notion.ts';
import { createDispatcher } from '../../src/server/dispatcher.ts';
import { verdictOn } from '../../src/server/verdict.ts';
import type { StoredBooking } from '../../src/store/bookings.ts';
import type { Database } from '../../src/store/database.ts';
import type { Inbox } from '../../src/store/inbox.ts';
import { migratePgliteIn } from '../../src/store/migrate.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { aPlan } from './a-booking.ts';
import { aKey } from './a-key.ts';
import { createMailParts } from './mail-parts.ts';
import { silent } from './silent.ts';
import { openSandbox, type Sandbox } from './simulated-sandbox.ts';
import { type BookingActivities, createSimulator, type Simulator } from './simulator.ts';

/** A mail that somebody got. `sentAt` is by the simulated clock, epoch milliseconds. */
export interface SentMail {
  about: MailName;
  sentAt: number;
  replyTo?: string;
  text: string;
}

/** What makes it one mail. */
export interface MailName {
  uid: string;
  startsAt: string;
  step: string;
  recipient: string;
}

/**
 * The whole of Precall without what leaves the process: from the body of a webhook to the mail and the contact. The runs, the clock
 * and who is mailed are simulated; reading, inbox, dispatcher, workflow and activities are the real ones.
 */
export interface SimulatedPrecall {
  /** Takes a webhook's body, as if it had just been posted. */
  post(body: unknown): Promise<void>;
  /** Waits until all that was posted has been dispatched and done, with the seconds in which runs withdraw what is overtaken. */
  settle(): Promise<void>;
  advanceTo(instant: number): Promise<void>;
  readonly mails: readonly SentMail[];
  /** What Notion says of each address. */
  readonly contacts: ReadonlyMap<string, ContactFields>;
  bookings(): Promise<StoredBooking[]>;
  /** Forgets everything. */
  close(): Promise<void>;
}

export interface SimulatedHouse {
  /** Opens a Precall on empty tables. @param now where its clock stands. Epoch milliseconds. */
  open(now: number, plan?: BookingPlan): SimulatedPrecall;
  close(): Promise<void>;
}

export const OWNER = 'owner@example.com';
const KEY = 'the installation key of the simulation';
const LOCAL_ACTIVITIES = ['recordBooking', 'hasUnheardNews', 'layOutReminders'];
const MOST_BOOKINGS = 10_000;
const AT_REST_WITHIN_MS = 60_000;
const WITHDRAWN_WITHIN_MS = 5_000;

/** What takes seconds to set up, once for a file of tests. */
export async function openSimulatedHouse(): Promise<SimulatedHouse> {
  const database = await databaseInMemory();
  await migratePgliteIn(database);
  const store = createStore(database, { cipher: createCipher([aKey('simulated')]), log: silent });
  const sandbox = await openSandbox(LOCAL_ACTIVITIES);
  return {
    open: (now, plan = aPlan()) => openPrecall({ database, store, sandbox, now, plan }),
    async close() {
      await sandbox.destroy();
      await database.close();
    },
  };
}

/** Nothing of it has to outlive the test, and a disk would take most of the time. */
async function databaseInMemory(): Promise<Database> {
  const pglite = await PGlite.create();
  const db = drizzle({ client: pglite });
  return { run: (work) => work(db), close: () => pglite.close() };
}

interface Parts {
  database: Database;
  store: Store;
  sandbox: Sandbox;
  now: number;
  plan: BookingPlan;
}

function openPrecall({ database, store, sandbox, now, plan }: Parts): SimulatedPrecall {
  const mails: SentMail[] = [];
  const contacts = new Map<string, ContactFields>();
  let isToldAgain = false;
  const simulator: Simulator = createSimulator({
    sandbox,
    startsAt: now,
    input: { plan },
    activities: (clock) => activitiesOf({ store: noticing(store, () => (isToldAgain = true)), clock, mails, contacts }),
    async untilQuiet() {
      if (!isToldAgain) return;
      isToldAgain = false;
      await dispatched();
    },
  });
  const watched = watchedInbox(store.inbox);
  const dispatcher = createDispatcher({
    inbox: watched.inbox,
    bookings: store.bookings,
    runs: simulator,
    log: silent,
  });
  dispatcher.start();

  async function dispatched(): Promise<void> {
    const deadline = Date.now() + AT_REST_WITHIN_MS;
    do {
      if (Date.now() > deadline) throw new Error('What has arrived does not come to rest');
      // The database never leaves this thread: without a pause nothing else would have its turn.
      await immediately();
      const atRest = watched.untilAtRest();
      dispatcher.wake();
      await atRest;
      // It may have looked a moment too early.
    } while ((await store.inbox.backlog()).pending > 0);
  }

  return {
    mails,
    contacts,

    async post(sent) {
      const body = Buffer.from(JSON.stringify(sent));
      const receivedAt = new Date(simulator.now());
      const reading = readDelivery(body, { receivedAt: receivedAt.getTime(), installationKey: KEY });
      await store.inbox.keep(
        {
          source: 'calcom',
          body,
          keptBody: stripSecrets(body),
          headers: {},
          signature: 'valid',
          secretNumber: 1,
          receivedAt,
        },
        verdictOn(reading),
      );
      dispatcher.wake();
    },

    async settle() {
      await dispatched();
      await simulator.advanceTo(simulator.now() + WITHDRAWN_WITHIN_MS);
    },

    advanceTo: simulator.advanceTo,
    bookings: () => store.bookings.list({ limit: MOST_BOOKINGS }),

    async close() {
      await dispatcher.stop();
      await simulator.close();
      await database.run((db) =>
        db.execute(
          sql`truncate deliveries, bookings, booking_history, reminders, retired_bookings, contact_claims, contacts, findings`,
        ),
      );
    },
  };
}

/** Tells when a dispatcher finds nothing to do any more, without asking the inbox over and over. */
function watchedInbox(inbox: Inbox): { inbox: Inbox; untilAtRest(): Promise<void> } {
  let underWay = 0;
  const waiting: (() => void)[] = [];
  const ended = async (noting: Promise<void>) => {
    await noting;
    underWay -= 1;
  };
  return {
    inbox: {
      ...inbox,
      async claim(limit, leaseMs) {
        const claimed = await inbox.claim(limit, leaseMs);
        underWay += claimed.length;
        if (underWay === 0) for (const tell of waiting.splice(0)) tell();
        return claimed;
      },
      markDispatched: (delivery, dispatched) => ended(inbox.markDispatched(delivery, dispatched)),
      putBack: (id, options) => ended(inbox.putBack(id, options)),
      quarantine: (id, reason) => ended(inbox.quarantine(id, reason)),
    },
    untilAtRest: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
  };
}

/** What is told again has to come to its run before the clock moves on, as it would in the seconds that a run waits for it. */
function noticing(store: Store, onToldAgain: () => void): Store {
  return {
    ...store,
    inbox: {
      ...store.inbox,
      tellAgain(booking: BookingKey, heard: readonly string[]) {
        onToldAgain();
        return store.inbox.tellAgain(booking, heard);
      },
    },
  };
}

interface Around {
  store: Store;
  clock: Clock;
  mails: SentMail[];
  contacts: Map<string, ContactFields>;
}

function activitiesOf({ store, clock, mails, contacts }: Around): BookingActivities {
  const transport = transportInto(mails, clock);
  const notion = notionIn(contacts);
  const common = { ...createMailParts(), transport, inbox: store.inbox, mails: store.mails, clock };
  return {
    ...createEmailActivities({
      ...common,
      messageIdOf: ({ booking: { uid, startsAt }, step, recipient }) =>
        nameOf({ uid, startsAt, step, recipient: recipient.email }),
    }),
    ...createNoticeActivities({
      ...common,
      bookings: store.bookings,
      owner: { name: 'Owner', email: OWNER },
      messageIdOf: ({ booking: { uid }, startsAt, step, recipient }) => nameOf({ uid, startsAt, step, recipient }),
    }),
    ...createRecordActivities(store),
    ...createLayoutActivities({ fallbackTimeZone: 'UTC' }),
    ...createCampaignActivities({ notion }),
    ...createContactActivities({
      notion,
      contacts: store.contacts,
      personOf: (email) => keyedHash(KEY, 'person', [email.toLowerCase()]),
      timeZone: 'UTC',
    }),
  };
}

/** In the place of the message id, which is a hash of this. */
function nameOf(name: MailName): string {
  return JSON.stringify(name);
}

function transportInto(mails: SentMail[], clock: Clock): Pick<MailTransport, 'prepare' | 'resume'> {
  const prepared = (mail: OutgoingMail, content: Buffer): PreparedMail => ({
    content,
    ready: async () => undefined,
    async send() {
      const { messageId, replyTo, text } = mail;
      const about = JSON.parse(messageId) as MailName;
      mails.push({ about, sentAt: clock.now(), ...(replyTo && { replyTo: replyTo.email }), text });
    },
  });
  return {
    // Nobody reads these bytes but ourselves.
    prepare: async (mail) => prepared(mail, Buffer.from(JSON.stringify(mail))),
    resume: (content) => prepared(JSON.parse(content.toString()) as OutgoingMail, content),
  };
}

/** A Notion in which everybody has a row. */
function notionIn(contacts: Map<string, ContactFields>): Omit<Notion, 'publishBrief'> {
  const pageOf = (email: string) => `page of ${email}`;
  const notion: Omit<Notion, 'publishBrief'> = {
    findMembership: async () => ({ state: 'none' }),
    noteReminderSent: async () => ({ outcome: 'skipped', reason: 'not_a_member' }),
    updateContactPage: (pageId, wanted, options) =>
      notion.updateContact(pageId.replace(pageOf(''), ''), wanted, options),
    async updateContact(email, wanted, { ours = [], onlyWhileOurs = false } = {}) {
      const pageId = pageOf(email);
      const says = contacts.get(email);
      const isOurs = ours.length === 0 || ours.some((fields) => says && saysAlready(says, fields));
      if (onlyWhileOurs && !isOurs) return { outcome: 'unchanged', pageId, left: [] };
      if (says && saysAlready(says, wanted)) return { outcome: 'unchanged', pageId, left: [] };
      contacts.set(email, { ...says, ...wanted });
      return { outcome: 'updated', pageId, left: [] };
    },
  };
  return notion;
}

function saysAlready(says: ContactFields, wanted: ContactFields): boolean {
  const now = new Map(Object.entries(says));
  return Object.entries(wanted).every(([field, value]) => now.get(field) === value);
}
