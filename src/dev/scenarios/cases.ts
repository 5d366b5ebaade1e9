import { formatInTimeZone } from 'date-fns-tz';
import type { Timetable } from '../../workflows/messages.ts';
import { sampleBookingCreated } from '../sample-booking.ts';
import type { MemberRow } from './member-row.ts';
import type { StartedRuns } from './started-runs.ts';
import { until } from './until.ts';
import type { Answer, Webhook } from './webhook.ts';

/** Where the cases may look. What is not there is not checked. */
export interface Subject {
  webhook: Webhook;
  runs: StartedRuns | undefined;
  row: MemberRow | undefined;
  memberEmail: string;
  /** How long what a webhook sets off may take to show. */
  patienceMs: number;
}

/** One thing looked at, in words. */
export interface Finding {
  verdict: 'passed' | 'failed' | 'not checked';
  text: string;
}

export interface Case {
  name: string;
  run(subject: Subject): Promise<Finding[]>;
}

const DAY_MS = 24 * 3_600_000;
/** Further ahead than any reminder, and nearer than any threshold, that somebody might set. */
const FAR_MS = 30 * DAY_MS;
const NEAR_MS = 3_000;
const GIVE_KEYS = 'give --encryption-key-file or ENCRYPTION_KEYS';

export const CASES: readonly Case[] = [
  {
    name: 'valid booking',
    async run({ webhook }) {
      return [answered(await webhook.book(aBooking({ startsAt: Date.now() + FAR_MS })), 202)];
    },
  },
  {
    name: 'other event',
    async run({ webhook }) {
      const answer = await webhook.post({
        triggerEvent: 'FORM_SUBMITTED',
        createdAt: new Date().toISOString(),
        payload: { formId: 'f1', formName: 'Routing form', teamId: null, redirect: null, responses: {} },
      });
      const ignored = answer.body['status'] === 'ignored';
      return [answered(answer, 200), finding(ignored, ignored ? reasonOf(answer) : '“ignored” expected')];
    },
  },
  {
    name: 'missing attendees',
    async run({ webhook }) {
      const { payload, ...envelope } = aBooking({ startsAt: Date.now() + FAR_MS });
      const { attendees, responses, ...rest } = payload;
      const answer = await webhook.post({ ...envelope, payload: rest });
      const isNamed = JSON.stringify(answer.body['faults'] ?? null).includes('attendees');
      return [answered(answer, 400), finding(isNamed, isNamed ? 'attendees named' : 'the field attendees not named')];
    },
  },
  {
    name: 'too soon',
    async run({ webhook, runs, patienceMs }) {
      const answer = await webhook.book(aBooking({ startsAt: Date.now() + NEAR_MS }));
      const { workflowId } = answer;
      if (!runs) return [answered(answer, 202), notChecked('that Temporal shows it as skipped (give --temporal)')];
      if (!workflowId) return [answered(answer, 202)];

      const status = await until(
        patienceMs,
        () => runs.status(workflowId),
        (seen) => seen === 'skipped',
      );
      if (status === undefined && !runs.timetable) {
        return [answered(answer, 202), notChecked(`that Temporal shows it as skipped (${GIVE_KEYS})`)];
      }
      const text = status === 'skipped' ? 'skipped in Temporal' : `${status ?? 'unknown'} in Temporal, not skipped`;
      return [answered(answer, 202), finding(status === 'skipped', text)];
    },
  },
  {
    name: 'campaign member',
    async run({ webhook, runs, row, memberEmail, patienceMs }) {
      const startsAt = callOfAnotherDay(row?.before.callDate);
      const answer = await webhook.book(aBooking({ startsAt, email: memberEmail }));
      const { workflowId } = answer;
      const findings = [answered(answer, 202)];

      const timetable = runs?.timetable;
      if (!timetable) {
        findings.push(notChecked(`that its reminders are planned (${runs ? GIVE_KEYS : 'give --temporal'})`));
      } else if (workflowId) {
        const isDecided = (seen: Timetable | undefined) => seen !== undefined && seen.campaign.state !== 'unknown';
        findings.push(...plannedAsMember(await until(patienceMs, () => timetable(workflowId), isDecided)));
      }

      if (!row) findings.push(notChecked('that the row in Notion is updated (give --notion)'));
      else if (workflowId) findings.push(await updated(row, startsAt, patienceMs));
      return findings;
    },
  },
];

function aBooking({ startsAt, email = 'trial.booking@example.com' }: { startsAt: number; email?: string }) {
  return sampleBookingCreated({ startsAt: new Date(startsAt), attendee: { name: 'Trial Booking', email } });
}

/** 11:00 UTC is the same calendar day nearly everywhere; a day the row does not show yet, so that the change is seen. */
function callOfAnotherDay(shownDate: string | undefined): number {
  const startsAt = new Date(Date.now() + FAR_MS).setUTCHours(11, 0, 0, 0);
  return daysOf(startsAt).some((day) => day === shownDate) ? startsAt + 2 * DAY_MS : startsAt;
}

/** The dates under which a call at 11:00 UTC stands in calendars: the server's time zone is its own affair. */
function daysOf(startsAt: number): string[] {
  return ['UTC', 'Pacific/Kiritimati'].map((timeZone) => formatInTimeZone(startsAt, timeZone, 'yyyy-MM-dd'));
}

function answered({ status, body, workflowId }: Answer, expected: number): Finding {
  const seen = [status, body['status']].filter(Boolean).join(' ');
  if (status !== expected) return finding(false, `${expected} expected, ${seen} answered`);
  if (expected === 202 && !workflowId) return finding(false, `${seen} answered, without the workflow's id`);
  return finding(true, seen);
}

function plannedAsMember(timetable: Timetable | undefined): Finding[] {
  if (!timetable) return [finding(false, 'no worker tells its timetable')];
  const { reminders, campaign } = timetable;
  const planned = reminders.filter(({ outcome }) => outcome === 'planned').length;
  const membership = `${campaign.state.replaceAll('_', ' ')}${campaign.reason ? ` (${campaign.reason})` : ''}`;
  return [
    finding(planned > 0, `${planned} reminders planned in Temporal`),
    campaign.state === 'member'
      ? finding(true, `member of ${campaign.campaign}`)
      : finding(false, `membership ${membership}: is --member-email somebody in a campaign?`),
  ];
}

async function updated(row: MemberRow, startsAt: number, patienceMs: number): Promise<Finding> {
  const days = daysOf(startsAt);
  const isRight = ({ bookingStatus, callDate, campaignStatus }: MemberRow['before']) =>
    bookingStatus === 'Booked' && campaignStatus === 'Pre-Call Prep' && days.some((day) => day === callDate);

  const seen = await until(patienceMs, row.read, isRight);
  const shown = [seen.bookingStatus, seen.callDate, seen.campaignStatus].map((value) => value ?? '–').join(', ');
  const text = isRight(seen)
    ? `${shown} in Notion`
    : `Booked, ${days[0]}, Pre-Call Prep expected in Notion, not ${shown}`;
  return finding(isRight(seen), text);
}

function reasonOf({ body }: Answer): string {
  return String(body['reason'] ?? 'no reason given').replaceAll('_', ' ');
}

function finding(passed: boolean, text: string): Finding {
  return { verdict: passed ? 'passed' : 'failed', text };
}

function notChecked(text: string): Finding {
  return { verdict: 'not checked', text };
}
