import { randomUUID } from 'node:crypto';
import { and, eq, exists, type SQL, sql } from 'drizzle-orm';
import { retires } from './concerns.ts';
import type { ContactClaim, Contacts, TakenContact, WrittenContact } from './contacts.ts';
import type { Database, Db } from './database.ts';
import { contactClaims, contacts, retiredBookings } from './schema.ts';

type ClaimRow = typeof contactClaims.$inferSelect;

const NOTHING_ATTEMPTED = { attemptedStatus: null, attemptedDate: null };
const IS_FREE = sql`coalesce(${contacts.claimedUntil} <= now(), true)`;
/** The lease may have ended without anybody else taking the contact. */
const IS_TAKEN = sql`${contacts.claimedUntil} > now()`;

/** The contacts as rows of `contacts` and `contact_claims`. */
export function createContacts({ database }: { database: Database }): Contacts {
  return {
    async take(person, claim, leaseMs) {
      return database.run((db) =>
        // As one: a lease that its taker has not heard of would keep everybody waiting until it ends.
        db.transaction(async (tx) => {
          await note(tx, person, claim);
          const taken = await lease(tx, person, leaseMs);
          return taken && { ...taken, claims: await claimsThatCount(tx, person, claim) };
        }),
      );
    },

    async lease(person, leaseMs) {
      const taken = await database.run((db) => lease(db, person, leaseMs));
      return taken && { token: taken.token };
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

    async giveBack(person, token, written) {
      await database.run((db) =>
        db
          .update(contacts)
          .set({
            claimToken: null,
            claimedUntil: null,
            ...(written && { ...columnsOfWritten(written), ...NOTHING_ATTEMPTED }),
          })
          .where(and(eq(contacts.person, person), eq(contacts.claimToken, token))),
      );
    },
  };
}

async function lease(db: Db, person: string, leaseMs: number): Promise<Omit<TakenContact, 'claims'> | undefined> {
  const token = randomUUID();
  const claimedUntil = sql`now() + ${leaseMs} * interval '1 millisecond'`;
  const [row] = await db
    .insert(contacts)
    .values({ person, claimToken: token, claimedUntil })
    .onConflictDoUpdate({ target: contacts.person, set: { claimToken: token, claimedUntil }, setWhere: IS_FREE })
    .returning();
  return (
    row && {
      token,
      written: writtenOf(row.writtenStatus, row.writtenDate),
      attempted: writtenOf(row.attemptedStatus, row.attemptedDate),
    }
  );
}

async function note(db: Db, person: string, claim: ContactClaim): Promise<void> {
  const { startsAt, endsAt, standing, changedAt, inCampaign } = claim;
  const said = {
    person,
    startsAt: new Date(startsAt),
    endsAt: new Date(endsAt),
    standing,
    changedAt: new Date(changedAt),
    inCampaign,
  };
  await db
    .insert(contactClaims)
    .values({ provider: 'calcom', externalId: claim.uid, seat: claim.seat ?? '', ...said })
    .onConflictDoUpdate({
      target: [contactClaims.provider, contactClaims.externalId, contactClaims.seat],
      set: said,
    });
}

async function claimsThatCount(db: Db, person: string, own: ContactClaim): Promise<ContactClaim[]> {
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

function isClaimOf(row: ClaimRow, { uid, seat }: ContactClaim): boolean {
  return row.externalId === uid && row.seat === (seat ?? '');
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
