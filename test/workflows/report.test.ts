import { describe, expect, it } from 'vitest';
import { calledOff, reportOf, type Standing } from '../../src/workflows/report.ts';
import { changesBetween, publishedOf } from '../../src/workflows/search-attributes.ts';
import { planReminders } from '../../src/workflows/timetable.ts';
import { aBooking, aPlan, DAY_MS, earlier, HOUR_MS, MINUTE_MS, USUAL_NOTICES } from '../support/a-booking.ts';

const BOOKING = aBooking();
const DUE = [72, 24, 2].map((hours) => earlier(BOOKING.startsAt, hours * HOUR_MS));

function aStanding(facts: Partial<Standing> = {}): Standing {
  const {
    booking = BOOKING,
    standing = 'live',
    plan = aPlan(),
    confirmedAt = earlier(BOOKING.startsAt, 4 * DAY_MS),
  } = facts;
  const from = { id: 'the-first', occurredAt: earlier(BOOKING.startsAt, 4 * DAY_MS), kind: 'confirmed' } as const;
  return {
    booking,
    facts: from,
    confirmedBy: from,
    decidedBy: from,
    noShows: {},
    hasEnded: false,
    acknowledgedBy: [],
    heard: [],
    confirmedAt,
    plan,
    reminders: planReminders(booking, confirmedAt, { ...plan, calledOff: calledOff({ standing }) }),
    noticeDecisions: {},
    decisionOf: () => undefined,
    campaign: { state: 'member', campaign: 'Christmas 2025' },
    notion: { outcome: 'updated' },
    standing,
    isOver: false,
    ...facts,
  };
}

describe('the report of a run', () => {
  it('tells what is planned, without a name or an address', () => {
    const report = reportOf(aStanding());

    expect(report).toEqual({
      status: 'scheduled',
      bookingUid: BOOKING.uid,
      startsAt: BOOKING.startsAt,
      reminders: [
        { offset: '72h', dueAt: DUE[0], outcome: 'planned' },
        { offset: '24h', dueAt: DUE[1], outcome: 'planned' },
        { offset: '2h', dueAt: DUE[2], outcome: 'planned' },
      ],
      campaign: { state: 'member', campaign: 'Christmas 2025' },
      notion: { outcome: 'updated' },
      notices: [],
    });
    expect(JSON.stringify(report)).not.toMatch(/tobias|mara|@/i);
  });

  it.each([
    ['cancelled', { standing: 'cancelled' }, { status: 'cancelled' }],
    [
      'cancelled by a host who asks for another time',
      { standing: 'cancelled', calledOffAs: 'reschedule_requested' },
      { status: 'cancelled', reason: 'reschedule_requested' },
    ],
    ['superseded', { standing: 'superseded' }, { status: 'superseded' }],
    ['cancelled, also once its time is over', { standing: 'cancelled', isOver: true }, { status: 'cancelled' }],
  ] as const)('tells of one that is %s: what was sent stays sent, and no other reminder is', (_name, facts, said) => {
    const decisionOf: Standing['decisionOf'] = ({ offsetMs }) =>
      offsetMs === 72 * HOUR_MS ? { outcome: 'sent', sentAt: DUE[0]! } : undefined;

    const report = reportOf(aStanding({ ...facts, decisionOf }));

    expect(report).toMatchObject(said);
    expect(report.reminders.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      'sent',
      facts.standing,
      facts.standing,
    ]);
  });

  it('tells what became of each reminder', () => {
    const { reminders } = reportOf(
      aStanding({
        confirmedAt: earlier(BOOKING.startsAt, 30 * HOUR_MS),
        decisionOf: ({ offsetMs }) =>
          offsetMs === DAY_MS
            ? { outcome: 'sent', sentAt: DUE[1]!, reason: 'not_all_recipients' }
            : offsetMs === 2 * HOUR_MS
              ? { outcome: 'failed', reason: 'mail_refused' }
              : undefined,
      }),
    );

    expect(reminders).toEqual([
      { offset: '72h', dueAt: DUE[0], outcome: 'skipped', reason: 'past_when_booked' },
      { offset: '24h', dueAt: DUE[1], outcome: 'sent', sentAt: DUE[1], reason: 'not_all_recipients' },
      { offset: '2h', dueAt: DUE[2], outcome: 'failed', reason: 'mail_refused' },
    ]);
  });

  it('tells what became of the notices, and which are to come, as the story goes', () => {
    const { notices } = reportOf(
      aStanding({
        plan: aPlan({ notices: { ...USUAL_NOTICES, confirmation: true } }),
        noticeDecisions: {
          'host-moved': { outcome: 'sent', sentAt: DUE[0]! },
          moved: { outcome: 'sent', sentAt: DUE[1]! },
        },
      }),
    );

    expect(notices).toEqual([
      { notice: 'confirmation', outcome: 'planned' },
      { notice: 'host-booked', outcome: 'planned' },
      { notice: 'moved', outcome: 'sent', sentAt: DUE[1] },
      { notice: 'host-moved', outcome: 'sent', sentAt: DUE[0] },
    ]);
  });

  it('says that somebody will be there, not who', () => {
    expect(reportOf(aStanding({ acknowledgedBy: ['a-keyed-name'] }))).toMatchObject({ acknowledged: true });
    expect(reportOf(aStanding())).not.toHaveProperty('acknowledged');
  });

  it('is completed once the call is over', () => {
    expect(reportOf(aStanding({ isOver: true })).status).toBe('completed');
  });

  it('says once the call is over whether the booker came, as far as anybody knows', () => {
    const attendanceOf = (facts: Partial<Standing>) => reportOf(aStanding(facts)).attendance;
    const from = { id: 'no-show', occurredAt: BOOKING.endsAt, kind: 'no_show' } as const;
    const noShows = { [BOOKING.attendees[0].email.toLowerCase()]: { noShow: true, from } };

    expect(attendanceOf({})).toBeUndefined();
    expect(attendanceOf({ isOver: true })).toBe('not_known');
    expect(attendanceOf({ hasEnded: true })).toBe('came');
    expect(attendanceOf({ hasEnded: true, noShows })).toBe('no_show');
    expect(attendanceOf({ standing: 'cancelled', isOver: true, noShows })).toBeUndefined();
  });

  it('stays skipped for a call that was confirmed too shortly before', () => {
    const confirmedAt = earlier(BOOKING.startsAt, 119 * MINUTE_MS);
    const skipped = { status: 'skipped', reason: 'meeting_too_soon', campaign: { state: 'not_looked_up' } };

    expect(reportOf(aStanding({ confirmedAt, campaign: undefined }))).toMatchObject(skipped);
    expect(reportOf(aStanding({ confirmedAt, campaign: undefined, isOver: true }))).toMatchObject(skipped);
  });

  it('does not take a membership that is not known yet for none', () => {
    expect(reportOf(aStanding({ campaign: undefined })).campaign).toEqual({
      state: 'unknown',
      reason: 'not_known_yet',
    });
  });
});

describe('the search attributes of a run', () => {
  const scheduled = publishedOf(reportOf(aStanding({ campaign: undefined })));
  const change = (facts: Partial<Standing>) =>
    changesBetween(scheduled, publishedOf(reportOf(aStanding(facts)))).map(({ key, value }) => [key.name, value]);

  it('are written only where they change', () => {
    expect(change({ campaign: undefined })).toEqual([]);
    expect(change({})).toEqual([['PrecallCampaign', 'Christmas 2025']]);
    expect(change({ campaign: { state: 'none' }, isOver: true })).toEqual([
      ['PrecallStatus', 'completed'],
      ['PrecallCampaign', 'none'],
    ]);
  });

  it('follow a call that moves', () => {
    const moved = aBooking({ startsAt: '2026-12-05T15:00:00.000Z' });

    expect(change({ booking: moved, campaign: undefined })).toEqual([['PrecallStartsAt', new Date(moved.startsAt)]]);
  });
});
