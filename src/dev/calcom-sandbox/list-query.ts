import { z } from 'zod';
import { badRequest } from './answers.ts';
import type { SandboxBooking, World } from './world.ts';

const STATUSES = ['upcoming', 'recurring', 'past', 'cancelled', 'unconfirmed'] as const;
type ListStatus = (typeof STATUSES)[number];

const Instant = z.iso.datetime({ offset: true, error: 'must be a valid ISO 8601 date.' }).transform(Date.parse);
const count = (least: number, most: number) =>
  z.string().regex(/^\d+$/, { error: 'must be a number' }).transform(Number).pipe(z.int().min(least).max(most));

/** The parameters that the sandbox models. Unlike Cal.com, which passes over what it does not know, it refuses all others. */
const ListQuery = z.strictObject({
  status: z
    .string()
    .transform((names) => names.split(','))
    .pipe(z.array(z.enum(STATUSES)))
    .optional(),
  attendeeEmail: z.string().optional(),
  bookingUid: z.string().optional(),
  afterStart: Instant.optional(),
  beforeEnd: Instant.optional(),
  sortStart: z.enum(['asc', 'desc']).optional(),
  take: count(1, 250).default(100),
  skip: count(0, Number.MAX_SAFE_INTEGER).default(0),
});

export type ListQuery = z.infer<typeof ListQuery>;

export function readListQuery(query: URLSearchParams): ListQuery {
  const { data, error } = ListQuery.safeParse(Object.fromEntries(query));
  if (data) return data;
  throw badRequest(error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join(', '));
}

/** A month of 30 days, each way from now: as far as Cal.com looks unless it is told. */
const USUAL_REACH_MS = 30 * 24 * 60 * 60_000;

/** The page, and how many there are on all pages. */
export function runListQuery(
  world: World,
  { status, attendeeEmail, bookingUid, sortStart, take, skip, ...query }: ListQuery,
): { page: SandboxBooking[]; total: number } {
  const now = Date.now();
  const afterStart = query.afterStart ?? now - USUAL_REACH_MS;
  const beforeEnd = query.beforeEnd ?? now + USUAL_REACH_MS;
  const found = [...world.values()].filter(
    (booking) =>
      booking.startsAt >= afterStart &&
      booking.endsAt <= beforeEnd &&
      (status === undefined || status.some((one) => isOf(booking, one, now))) &&
      (bookingUid === undefined || booking.uid === bookingUid) &&
      (attendeeEmail === undefined || booking.attendees.some(({ email }) => email === attendeeEmail)),
  );
  if (sortStart) found.sort((a, b) => (sortStart === 'asc' ? 1 : -1) * (a.startsAt - b.startsAt));
  return { page: found.slice(skip, skip + take), total: found.length };
}

function isOf({ status, endsAt, recurringBookingUid }: SandboxBooking, one: ListStatus, now: number): boolean {
  const isOff = status === 'cancelled' || status === 'rejected';
  if (one === 'cancelled') return isOff;
  if (one === 'past') return !isOff && endsAt <= now;
  if (one === 'unconfirmed') return status === 'pending' && endsAt >= now;
  return !isOff && endsAt >= now && (one === 'upcoming' || recurringBookingUid !== undefined);
}

/** @see https://cal.com/docs/api-reference/v2/bookings/get-all-bookings */
export function paginationOf({ skip, take }: ListQuery, total: number): Record<string, unknown> {
  const totalPages = Math.ceil(total / take);
  return {
    itemsReturned: Math.max(0, Math.min(take, total - skip)),
    totalItems: total,
    itemsPerPage: take,
    remainingItems: Math.max(0, total - skip - take),
    currentPage: Math.min(totalPages, Math.floor(skip / take) + 1),
    totalPages,
    hasNextPage: skip + take < total,
    hasPreviousPage: skip > 0,
  };
}
