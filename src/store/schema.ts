import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const numbered = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity();

/** Names a booking, or one seat of a seated event; `seat` is empty for an ordinary booking. */
const bookingKey = () => ({
  provider: text('provider').notNull().default('calcom'),
  /** The provider's uid. */
  externalId: text('external_id').notNull(),
  seat: text('seat').notNull().default(''),
});

/** Everything that arrived. What is sealed is deflated and encrypted. */
export const deliveries = pgTable(
  'deliveries',
  {
    id: numbered(),
    source: text('source', { enum: ['calcom', 'operator', 'api', 'reconcile', 'series', 'attendee'] }).notNull(),
    /** SHA-256 of the bytes as sent. It is never purged: however late a repeat comes, it is known. */
    bodyHash: bytea('body_hash').notNull(),
    /** Sealed, without secrets; null once purged. */
    body: bytea('body'),
    /** The booking event, sealed, so that nobody has to read the body again to dispatch it. */
    event: bytea('event'),
    eventId: text('event_id'),
    eventKind: text('event_kind'),
    occurredAt: instant('occurred_at'),
    subjectUid: text('subject_uid'),
    subjectSeat: text('subject_seat').notNull().default(''),
    /** Of a whole seated event: the seats that it is about; null for all of them. */
    subjectSeats: text('subject_seats').array(),
    /** When the call starts that it is about; null for what tells nothing but the booking's name. */
    subjectStartsAt: instant('subject_starts_at'),
    replacedUid: text('replaced_uid'),
    replacedSeat: text('replaced_seat').notNull().default(''),
    /** Of the same lineage, the higher sequence has taken the lower one's place. */
    lineage: text('lineage'),
    lineageSequence: bigint('lineage_sequence', { mode: 'number' }),
    series: text('series'),
    /** It calls off the later calls of the series as well. */
    endsSeries: boolean('ends_series').notNull().default(false),
    trigger: text('trigger'),
    status: text('status', { enum: ['pending', 'dispatched', 'ignored', 'rejected', 'quarantined'] }).notNull(),
    reason: text('reason'),
    warnings: jsonb('warnings').$type<readonly string[]>().notNull().default([]),
    headers: jsonb('headers').$type<Record<string, string>>().notNull(),
    signature: text('signature', { enum: ['valid', 'unsigned'] }).notNull(),
    secretNumber: integer('secret_number'),
    receivedAt: instant('received_at').notNull(),
    /** From when on it may be dispatched. */
    dueAt: instant('due_at').notNull().defaultNow(),
    claimedUntil: instant('claimed_until'),
    attempts: integer('attempts').notNull().default(0),
    refusals: integer('refusals').notNull().default(0),
    lastError: text('last_error'),
    dispatchedAt: instant('dispatched_at'),
  },
  (table) => [
    uniqueIndex('deliveries_repeats').on(table.source, table.bodyHash),
    index('deliveries_pending').on(table.dueAt, table.id).where(sql`status = 'pending'`),
    index('deliveries_by_status').on(table.status, table.id),
    index('deliveries_by_subject').on(table.subjectUid),
    index('deliveries_by_replaced').on(table.replacedUid).where(sql`replaced_uid is not null`),
    index('deliveries_by_lineage').on(table.lineage).where(sql`lineage is not null`),
    index('deliveries_by_series').on(table.series).where(sql`series is not null`),
    index('deliveries_with_body').on(table.receivedAt).where(sql`body is not null`),
  ],
);

/** One row for each booking: what people look at, and all that its run needs to go on. */
export const bookings = pgTable(
  'bookings',
  {
    ...bookingKey(),
    status: text('status').notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    /** These three are the clear columns for people's data; null once purged. */
    attendeeName: text('attendee_name'),
    attendeeEmail: text('attendee_email'),
    title: text('title'),
    /** Bookings made by mistake twice share it; null where that cannot be told. */
    twin: text('twin'),
    /** When Cal.com last said how it stands, by webhook or when it was asked. */
    verifiedAt: instant('verified_at').notNull().defaultNow(),
    /** Null until its run has reported. */
    report: jsonb('report').$type<unknown>(),
    /** Sealed; null until its run has reported, and once purged. */
    state: bytea('state'),
    revision: integer('revision').notNull().default(0),
    isOver: boolean('is_over').notNull().default(false),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    recordedAt: instant('recorded_at'),
  },
  (table) => [
    primaryKey({ name: 'bookings_key', columns: [table.provider, table.externalId, table.seat] }),
    index('bookings_by_start').on(table.startsAt, table.externalId, table.seat),
    index('bookings_live').on(table.externalId, table.seat).where(sql`not is_over`),
    index('bookings_twins').on(table.twin).where(sql`twin is not null`),
    index('bookings_with_people').on(table.endsAt).where(sql`attendee_email is not null`),
  ],
);

/** What changed about a booking, without names. */
export const bookingHistory = pgTable(
  'booking_history',
  {
    id: numbered(),
    ...bookingKey(),
    action: text('action').notNull(),
    old: jsonb('old').$type<unknown>(),
    new: jsonb('new').$type<unknown>(),
    actor: text('actor').notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [index('booking_history_of').on(table.provider, table.externalId, table.seat, table.id)],
);

/** A Message-ID up to its `@`: what a mail's events call it may end in another domain than ours. */
export const MESSAGE_NAME = sql`split_part(message_id, '@', 1)`;

/** One row for each mail of any kind. */
export const reminders = pgTable(
  'reminders',
  {
    id: numbered(),
    ...bookingKey(),
    startsAt: instant('starts_at').notNull(),
    step: text('step').notNull(),
    /** Tells the recipients of a booking apart, also when their addresses have been purged. */
    recipientHash: text('recipient_hash').notNull(),
    /** A clear column for people's data; null once purged. */
    address: text('address'),
    dueAt: instant('due_at').notNull(),
    state: text('state', { enum: ['claimed', 'sending', 'sent', 'failed', 'skipped'] }).notNull(),
    reason: text('reason'),
    messageId: text('message_id'),
    /** Sealed; forgotten once it is decided. */
    mail: bytea('mail'),
    claimToken: uuid('claim_token'),
    /** Since when an attempt has been on the wire of which nobody knows what became; null where all is certain. */
    unknownSince: instant('unknown_since'),
    /** Whoever takes it now makes a second copy, should that attempt have come through. */
    possibleDuplicate: boolean('possible_duplicate').notNull().default(false),
    sentAt: instant('sent_at'),
    lastError: text('last_error'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('reminders_key').on(
      table.provider,
      table.externalId,
      table.seat,
      table.startsAt,
      table.step,
      table.recipientHash,
    ),
    uniqueIndex('reminders_claim').on(table.claimToken).where(sql`claim_token is not null`),
    index('reminders_with_address').on(table.startsAt).where(sql`address is not null`),
    index('reminders_by_message').on(MESSAGE_NAME),
  ],
);

/** What makes a mail one mail. */
export const MAIL_KEY = [
  reminders.provider,
  reminders.externalId,
  reminders.seat,
  reminders.startsAt,
  reminders.step,
  reminders.recipientHash,
];

/** Bookings that were replaced for good: nothing starts or sends for them again. Rows are never removed. */
export const retiredBookings = pgTable(
  'retired_bookings',
  {
    ...bookingKey(),
    replacedBy: text('replaced_by').notNull(),
    /** Which delivery said so. */
    deliveryId: bigint('delivery_id', { mode: 'number' })
      .notNull()
      .references(() => deliveries.id),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: 'retired_bookings_key', columns: [table.provider, table.externalId, table.seat] }),
    index('retired_bookings_of').on(table.deliveryId),
    index('retired_bookings_by').on(table.replacedBy),
  ],
);

/**
 * What each booking says about its booker's contact, and about those of people who were its booker before. `person` is a keyed hash of
 * the address.
 */
export const contactClaims = pgTable(
  'contact_claims',
  {
    ...bookingKey(),
    person: text('person').notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    standing: text('standing', { enum: ['live', 'cancelled', 'completed', 'no_show'] }).notNull(),
    /** When it came to stand so: what decides between those that are over. */
    changedAt: instant('changed_at').notNull(),
    /** Whether a live one wants the campaign status. */
    inCampaign: boolean('in_campaign').notNull(),
    /** The booking is somebody else's by now, and this person's contact does not say so yet. */
    isUntold: boolean('is_untold').notNull().default(false),
  },
  (table) => [
    primaryKey({
      name: 'contact_claims_by_person',
      columns: [table.provider, table.externalId, table.seat, table.person],
    }),
    index('contact_claims_of').on(table.person),
  ],
);

/** One row for each person whose contact is kept: who is writing it now, and what was written last. */
export const contacts = pgTable('contacts', {
  person: text('person').primaryKey(),
  claimToken: uuid('claim_token'),
  claimedUntil: instant('claimed_until'),
  writtenStatus: text('written_status'),
  /** Calendar day, YYYY-MM-DD. */
  writtenDate: text('written_date'),
  /** What was about to be written: it may be what the contact says, if the answer was lost. */
  attemptedStatus: text('attempted_status'),
  attemptedDate: text('attempted_date'),
  /** Its page in Notion, and when that was last looked up by the address. */
  pageId: text('page_id'),
  pageFoundAt: instant('page_found_at'),
});

/** One row for each booking whose brief was to be a page in Notion. */
export const briefs = pgTable(
  'briefs',
  {
    ...bookingKey(),
    state: text('state', { enum: ['publishing', 'published', 'blocked', 'failed'] }).notNull(),
    reason: text('reason'),
    pageId: text('page_id'),
    /** Of the text that the page has, or is being given. */
    textHash: text('text_hash'),
    /** Ids of the blocks on the page's first level that are ours, in their order. */
    blocks: jsonb('blocks').$type<readonly string[]>().notNull().default([]),
    /** The brief that is not on its page yet, sealed; null once it is, and once purged. */
    pending: bytea('pending'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: 'briefs_key', columns: [table.provider, table.externalId, table.seat] }),
    index('briefs_pending').on(table.updatedAt).where(sql`pending is not null`),
  ],
);

/** To whom no mail goes any more. `person` is a keyed hash of the address. */
export const suppressions = pgTable(
  'suppressions',
  {
    person: text('person').notNull(),
    /** Mails of this booking alone; empty for all mails. */
    bookingUid: text('booking_uid').notNull().default(''),
    reason: text('reason', { enum: ['hard_bounce', 'complaint', 'unsubscribed'] }).notNull(),
    /** A clear column for people's data: what the operator has to see. Null where there is nothing to see, and once purged. */
    address: text('address'),
    at: instant('at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'suppressions_key', columns: [table.person, table.bookingUid, table.reason] }),
    index('suppressions_with_address').on(table.at).where(sql`address is not null`),
  ],
);

/** What was told of mails after they were sent. There is nobody's address in it. */
export const mailEvents = pgTable(
  'mail_events',
  {
    /** The sender's id of the event, or a hash of its body: a repeat has the same. */
    id: text('id').primaryKey(),
    type: text('type', { enum: ['hard_bounce', 'soft_bounce', 'complaint'] }).notNull(),
    messageId: text('message_id'),
    receivedAt: instant('received_at').notNull().defaultNow(),
  },
  (table) => [index('mail_events_by_age').on(table.receivedAt)],
);

const paceColumns = () => ({
  tokenHash: text('token_hash').primaryKey(),
  /** When the next request would come if all came evenly; null while none has been asked for. */
  dueAt: instant('due_at'),
  /** The same for the work that can wait. */
  backgroundDueAt: instant('background_due_at'),
  /** Until then it wants to be left alone. */
  heldUntil: instant('held_until'),
  /** From then on everybody went slower. */
  slowSince: instant('slow_since'),
});

/** One row for each token of Notion: when it may be asked next, as all processes together have found. */
export const notionPace = pgTable('notion_pace', paceColumns());

/** The same for each key of Resend. */
export const mailPace = pgTable('mail_pace', paceColumns());

/** What a pass over Cal.com's bookings found to differ: acted upon when a later pass finds the same. */
export const findings = pgTable(
  'findings',
  {
    ...bookingKey(),
    /** Names what Cal.com says instead, so that two passes can be compared. */
    finding: text('finding').notNull(),
    foundAt: instant('found_at').notNull(),
  },
  (table) => [primaryKey({ name: 'findings_key', columns: [table.provider, table.externalId, table.seat] })],
);
