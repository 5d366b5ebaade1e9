import type { NoticeChoices } from '../booking-plan.ts';
import { type BookingState, isNoShow } from './booking-state.ts';

/** The mails that tell what has happened to a booking, in the order in which it can happen. */
export const NOTICES = [
  'confirmation',
  'host-booked',
  'moved',
  'host-moved',
  'move-rejected',
  'cancelled',
  'host-cancelled',
  'no-show-1',
  'no-show-2',
] as const;
export type Notice = (typeof NOTICES)[number];

/** Instants are epoch milliseconds. */
export interface PlannedNotice {
  notice: Notice;
  to: 'attendees' | 'booker' | 'host';
  dueAt: number;
  /** What has not been begun by then is no news any more. */
  staleAt: number;
  /** Until when it is tried. */
  deadline: number;
}

/** What a notice tells had happened too long ago when it was heard. */
export type OutOfDate = 'out_of_date';

const DAY_MS = 24 * 3_600_000;
/** The calls of a series are told one by one; the host is told of all of them with the first. */
const SERIES_ARRIVES_WITHIN_MS = 60_000;

/**
 * The mails that tell what has become of a booking, as things stand: once it is called off nobody is told any more that it was made,
 * and of one that another has taken the place of nobody is told anything.
 */
export function planNotices(state: BookingState, choices: NoticeChoices): PlannedNotice[] {
  switch (state.standing) {
    case 'superseded':
      return [];
    case 'cancelled':
      return noticesOfTheEnd(state, choices);
    case 'live':
      return [...noticesOfTheStart(state, choices), ...followUps(state, choices)];
  }
}

/** Why a notice whose time has come is not sent; undefined if it is. */
export function whyNotTold({ staleAt }: PlannedNotice, now: number): OutOfDate | undefined {
  return now >= staleAt ? 'out_of_date' : undefined;
}

/** The name of its mail. */
export function templateOf(notice: Notice): string {
  return notice.startsWith('no-show') ? 'no-show' : notice;
}

/** Names it among all mails of a booking. */
export function noticeStep(notice: Notice): string {
  return `notice/${notice}`;
}

function noticesOfTheStart({ booking, confirmedBy }: BookingState, choices: NoticeChoices): PlannedNotice[] {
  const { kind, occurredAt } = confirmedBy;
  const startsAt = Date.parse(booking.startsAt);
  const dueAt = Date.parse(occurredAt);
  // Whoever is set up anew hears of calls that were booked long ago.
  const times = { dueAt, staleAt: Math.min(startsAt, dueAt + DAY_MS), deadline: startsAt };
  const { host } = choices;
  if (kind === 'confirmed') {
    const toldAt = booking.series === undefined ? dueAt : dueAt + SERIES_ARRIVES_WITHIN_MS;
    return [
      ...(choices.confirmation ? [{ notice: 'confirmation', to: 'attendees', ...times } as const] : []),
      ...(host.booked ? [{ notice: 'host-booked', to: 'host', ...times, dueAt: toldAt } as const] : []),
    ];
  }
  if (kind === 'rescheduled') {
    return [
      ...(choices.moved ? [{ notice: 'moved', to: 'attendees', ...times } as const] : []),
      ...(host.moved ? [{ notice: 'host-moved', to: 'host', ...times } as const] : []),
    ];
  }
  return [];
}

function noticesOfTheEnd({ booking, decidedBy, calledOffAs }: BookingState, choices: NoticeChoices): PlannedNotice[] {
  const dueAt = Date.parse(decidedBy.occurredAt);
  const startsAt = Date.parse(booking.startsAt);
  if (calledOffAs === 'move_rejected') {
    return [{ notice: 'move-rejected', to: 'host', dueAt, staleAt: startsAt, deadline: startsAt }];
  }
  // What was not accepted had been asked for only, and the provider tells of it; and nobody is told of a call that has been missed.
  if (calledOffAs === 'rejected' || dueAt >= startsAt) return [];
  const times = { dueAt, staleAt: dueAt + DAY_MS, deadline: dueAt + DAY_MS };
  return [
    ...(choices.cancelled ? [{ notice: 'cancelled', to: 'attendees', ...times } as const] : []),
    ...(choices.host.cancelled ? [{ notice: 'host-cancelled', to: 'host', ...times } as const] : []),
  ];
}

/** Counted from the end of the call, or from when the booker was said not to have come, if that was later. */
function followUps(state: BookingState, { noShowAfterMs }: NoticeChoices): PlannedNotice[] {
  const { booking, noShows } = state;
  const said = noShows[booking.attendees[0].email.toLowerCase()];
  if (!said || !isNoShow(state)) return [];
  const since = Math.max(Date.parse(booking.endsAt), Date.parse(said.from.occurredAt));
  return noShowAfterMs.slice(0, 2).map((afterMs, index) => {
    const dueAt = since + afterMs;
    return {
      notice: index === 0 ? 'no-show-1' : 'no-show-2',
      to: 'booker',
      dueAt,
      staleAt: dueAt + DAY_MS,
      deadline: dueAt + DAY_MS,
    } as const;
  });
}
