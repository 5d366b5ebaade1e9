import { randomUUID } from 'node:crypto';
import { and, eq, exists, ne, type SQL, sql } from 'drizzle-orm';
import type { BookingKey } from '../booking.ts';
import { retires } from './concerns.ts';
import type { ContactClaim, ContactPage, Contacts, TakenContact, WrittenContact } from './contacts.ts';
import type { Database, Db } from './database.ts';
import { contactClaims, contacts, retiredBookings } from './schema.ts';

type ClaimRow = typeof contactClaims.$inferSelect;
type Leased = Omit<TakenContact, 'claims'>;

const PROVIDER = 'calcom';
const NOTHING_ATTEMPTED = { attemptedStatus: null, attemptedDate: null };
const IS_FREE = sql`coalesce(${contacts.claimedUntil} <= now(), true)`;
/** The lease may have ended without anybody else taking the contact. */
const IS_TAKEN = sql`${contacts.claimedUntil} > now()`;
const IS_PAGE_RECENT = sql<boolean>`coalesce(${contacts.pageFoundAt} > now() - interval '1 day', false)`;

/** The contacts as rows of `contacts` and `contact_claims`. */
export function createContacts({ database }: { database: Database }): Contacts {
  return {
    async take(person, claim, leaseMs) {
      return database.run((db) =>
        // As one: a lease that its taker has not heard of would keep everybody waiting until it ends.
        db.transaction(async (tx) => {
          await note(tx, person, claim);
          return leaseWithClaims(tx, person, { booking: claim, leaseMs });
        }),
      );
    },

    async formerBookers(booking) {
      const rows = await database.run((db) =>
        db
          .select({ person: contactClaims.person })
          .from(contactClaims)
          .where(and(isOf(booking), contactClaims.isUntold)),
      );
      return rows.map(({ person }) => person);
    },

    async takeFormer(person, booking, leaseMs) {
      return database.run((db) => db.transaction((tx) => leaseWithClaims(tx, person, { booking, leaseMs })));
    },

    async noteTold(person, booking) {
      await database.run((db) =>
        db
          .update(contactClaims)
          .set({ isUntold: false })
          .where(and(isOf(booking), eq(contactClaims.person, person))),
      );
    },

    async lease(person, leaseMs) {
      const leased = await database.run((db) => lease(db, person, leaseMs));
      return leased && { token: leased.token, page: leased.page };
    },

    async noteAttempt(person, token, { toWrite, says }) {
      const noted = await database.run((db) =>
        db
          .update(contacts)
          .set({
            ...(says && columnsOfWritten(says)),
            attemptedStatus: toWrite.bookingStatus,
            attemptedDate: toWrite.callDate,
          })
          .where(and(eq(contacts.person, person), eq(contacts.claimToken, token), IS_TAKEN))
          .returning({ person: contacts.person }),
      );
      return noted.length > 0;
    },

    async giveBack(person, token, { written, pageId } = {}) {
      await database.run((db) =>
        db
          .update(contacts)
          .set({
            claimToken: null,
            claimedUntil: null,
            ...(written && { ...columnsOfWritten(written), ...NOTHING_ATTEMPTED }),
            ...(pageId !== undefined && { pageId, pageFoundAt: sql`now()` }),
          })
          .where(and(eq(contacts.person, person), eq(contacts.claimToken, token))),
      );
    },
  };
}

async function leaseWithClaims(
  db: Db,
  person: string,
  { booking, leaseMs }: { booking: BookingKey; leaseMs: number },
): Promise<TakenContact | undefined> {
  const leased = await lease(db, person, leaseMs);
  return leased && { ...leased, claims: await claimsThatCount(db, person, booking) };
}

async function lease(db: Db, person: string, leaseMs: number): Promise<Leased | undefined> {
  const token = randomUUID();
  const claimedUntil = sql`now() + ${leaseMs} * interval '1 millisecond'`;
  const [row] = await db
    .insert(contacts)
    .values({ person, claimToken: token, claimedUntil })
    .onConflictDoUpdate({ target: contacts.person, set: { claimToken: token, claimedUntil }, setWhere: IS_FREE })
    .returning({ ...LEASED, isPageRecent: IS_PAGE_RECENT });
  return (
    row && {
      token,
      written: writtenOf(row.writtenStatus, row.writtenDate),
      attempted: writtenOf(row.attemptedStatus, row.attemptedDate),
      page: pageOf(row),
    }
  );
}

const LEASED = {
  writtenStatus: contacts.writtenStatus,
  writtenDate: contacts.writtenDate,
  attemptedStatus: contacts.attemptedStatus,
  attemptedDate: contacts.attemptedDate,
  pageId: contacts.pageId,
};

async function note(db: Db, person: string, claim: ContactClaim): Promise<void> {
  const { startsAt, endsAt, standing, changedAt, inCampaign } = claim;
  const said = {
    startsAt: new Date(startsAt),
    endsAt: new Date(endsAt),
    standing,
    changedAt: new Date(changedAt),
    inCampaign,
    isUntold: false,
  };
  await db
    .update(contactClaims)
    .set({ standing: 'cancelled', inCampaign: false, isUntold: true })
    // Of one that is called off there is nothing new to tell.
    .where(and(isOf(claim), ne(contactClaims.person, person), ne(contactClaims.standing, 'cancelled')));
  await db
    .insert(contactClaims)
    .values({ provider: PROVIDER, externalId: claim.uid, seat: claim.seat ?? '', person, ...said })
    .onConflictDoUpdate({
      target: [contactClaims.provider, contactClaims.externalId, contactClaims.seat, contactClaims.person],
      set: said,
    });
}

async function claimsThatCount(db: Db, person: string, own: BookingKey): Promise<ContactClaim[]> {
  const rows = await db
    .select({ claim: contactClaims, isRetired: sql<boolean>`${isRetired(db)}` })
    .from(contactClaims)
    .where(eq(contactClaims.person, person));
  const standing = rows.filter((row) => !row.isRetired);
  const counting = standing.length > 0 ? standing : rows.filter(({ claim }) => isClaimOf(claim, own));
  return counting.map(({ claim }) => claimOf(claim));
}

function isRetired(db: Db): SQL {
  const retirement = retires(sql`${contactClaims.externalId}`, sql`${contactClaims.seat}`);
  return exists(db.select({ one: sql`1` }).from(retiredBookings).where(retirement));
}

function isClaimOf(row: ClaimRow, { uid, seat }: BookingKey): boolean {
  return row.externalId === uid && row.seat === (seat ?? '');
}

function isOf({ uid, seat = '' }: BookingKey): SQL | undefined {
  return and(eq(contactClaims.provider, PROVIDER), eq(contactClaims.externalId, uid), eq(contactClaims.seat, seat));
}

function claimOf({ externalId, seat, startsAt, endsAt, standing, changedAt, inCampaign }: ClaimRow): ContactClaim {
  return {
    uid: externalId,
    ...(seat && { seat }),
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
    standing,
    changedAt: changedAt.toISOString(),
    inCampaign,
  };
}

function writtenOf(status: string | null, date: string | null): WrittenContact | undefined {
  if (status === null || date === null) return undefined;
  return { bookingStatus: status as WrittenContact['bookingStatus'], callDate: date };
}

function columnsOfWritten({ bookingStatus, callDate }: WrittenContact) {
  return { writtenStatus: bookingStatus, writtenDate: callDate };
}

function pageOf({ pageId, isPageRecent }: { pageId: string | null; isPageRecent: boolean }): ContactPage | undefined {
  return pageId === null ? undefined : { id: pageId, isRecent: isPageRecent };
}
