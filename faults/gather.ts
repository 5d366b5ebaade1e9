import pg from 'pg';
import type { SandboxTable } from '../src/dev/notion-sandbox/sandbox.ts';
import { messageIdOf } from '../src/email/message-id.ts';
import { mailStep } from '../src/workflows/timetable.ts';
import type {
  ExpectedReminder,
  StoredBooking,
  StoredContact,
  StoredDelivery,
  StoredMail,
  Version,
} from './evidence.ts';

/** What the store has to say. Read with plain SQL: what is judged does not help to judge itself. */
export interface StoreReader {
  /** How much is still to come before the evidence is complete. */
  unsettled(): Promise<{ pending: number; undecided: number; unheard: number; running: number }>;
  read(): Promise<{ deliveries: StoredDelivery[]; bookings: StoredBooking[]; mailRows: StoredMail[] }>;
  close(): Promise<void>;
}

/**
 * Unheard is a run whose call was called off before it began, and that stands as it stood: no worker was there to take the news.
 */
const UNSETTLED = `
  select (select count(*)::int from deliveries where status = 'pending') as pending,
    count(*) filter (where report is null or report->'reminders' @> '[{"outcome":"planned"}]')::int as undecided,
    count(*) filter (where not is_over and status = 'scheduled' and exists (
      select from deliveries
      where received_at < starts_at
        and (replaced_uid = external_id or (event_kind = 'cancelled' and subject_uid = external_id))))::int as unheard,
    count(*) filter (where not is_over)::int as running
  from bookings`;

const DELIVERIES = `select encode(body_hash, 'hex') as "bodyHash", status, reason from deliveries`;

const BOOKINGS = `
  select external_id as uid, starts_at as "startsAt", status, is_over as "isOver", attendee_email as recipient,
    coalesce(report->'reminders', '[]') as reminders
  from bookings`;

const MAIL_ROWS = `
  select external_id as uid, starts_at as "startsAt", step, coalesce(address, '') as recipient, state, reason,
    possible_duplicate as "possibleDuplicate"
  from reminders`;

export function readStore(databaseUrl: string): StoreReader {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  // It may have been killed in between; the next query tells.
  pool.on('error', () => undefined);
  const rowsOf = async <Row extends object>(query: string) => (await pool.query<Row>(query)).rows.map(withoutNulls);
  return {
    unsettled: async () => (await rowsOf<Awaited<ReturnType<StoreReader['unsettled']>>>(UNSETTLED))[0]!,
    async read() {
      const bookings = await rowsOf<StoredBooking & { startsAt: Date }>(BOOKINGS);
      const mailRows = await rowsOf<StoredMail & { startsAt: Date; step: string }>(MAIL_ROWS);
      return {
        deliveries: await rowsOf<StoredDelivery>(DELIVERIES),
        bookings: bookings.map((row) => ({ ...row, startsAt: isoOf(row) })),
        mailRows: mailRows.map(({ step, ...row }) => ({
          ...row,
          startsAt: isoOf(row),
          offset: step.slice(mailStep('').length),
        })),
      };
    },
    close: () => pool.end(),
  };
}

/** The reminders of these versions of bookings, each under the Message-ID its mails have. */
export function expectedReminders(
  versions: readonly Version[],
  { offsets, key, domain }: { offsets: readonly { label: string; ms: number }[]; key: string; domain: string },
): ExpectedReminder[] {
  return versions.flatMap((version) =>
    offsets.map(({ label, ms }) => ({
      ...version,
      offset: label,
      messageId: messageIdOf({ key, domain, booking: { uid: version.uid }, ...version, offsetMs: ms }),
    })),
  );
}

export function contactsIn(table: SandboxTable): StoredContact[] {
  const textOf = (cell: unknown) => (typeof cell === 'string' && cell !== '' ? cell : undefined);
  return table.rows().flatMap(({ cells }) => {
    const email = textOf(cells['email']);
    const bookingStatus = textOf(cells['Booking Status']);
    const callDate = textOf(cells['Diagnostic Call Date']);
    return email ? [{ email, ...(bookingStatus && { bookingStatus }), ...(callDate && { callDate }) }] : [];
  });
}

function isoOf({ startsAt }: { startsAt: Date }): string {
  return startsAt.toISOString();
}

function withoutNulls<Row extends object>(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Row;
}
