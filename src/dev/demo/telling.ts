import type { Timetable } from '../../workflows/messages.ts';
import type { SentWebhook } from '../calcom-sandbox/sandbox.ts';
import type { SeenRow } from './doors.ts';

/** Tells the audience what happens, each with the time since the act began. */
export type Tell = (what: string) => void;

export function createTell(say: (line: string) => void): Tell {
  const beganAt = Date.now();
  return (what) => say(`${seconds(Date.now() - beganAt).padStart(7)}  ${what}`);
}

export function wordsForWebhook(what: string, { status, answer }: Pick<SentWebhook, 'status' | 'answer'>): string {
  return `Cal.com posts ${what}: ${status ?? 'nobody answers'} ${answer?.['status'] ?? ''}`.trimEnd();
}

/** What is new in a run's timetable. */
export function changesIn(
  before: Timetable | undefined,
  { campaign, reminders, status, startsAt }: Timetable,
): string[] {
  const campaignKnown = campaign.state !== 'unknown' && before?.campaign.state !== campaign.state;
  return [
    ...(before ? [] : reminders.map(({ offset, dueAt }) => `planned: ${offset} reminder at ${clock(dueAt)}`)),
    ...(campaignKnown
      ? [`campaign membership: ${campaign.state}${campaign.campaign ? ` of ${campaign.campaign}` : ''}`]
      : []),
    ...reminders
      .filter(({ outcome }, index) => outcome !== 'planned' && before && before.reminders[index]?.outcome !== outcome)
      .map(({ offset, outcome, reason }) => `${offset} reminder: ${outcome}${reason ? ` (${reason})` : ''}`),
    ...(status !== before?.status && status !== 'scheduled'
      ? [`the call of ${clock(startsAt)} is over: ${status}`]
      : []),
  ];
}

export function describeRow(row: SeenRow | undefined): string {
  if (!row) return 'not there';
  return `status ${row.bookingStatus ?? '–'}, call date ${row.callDate ?? '–'}, campaign status ${row.campaignStatus ?? '–'}`;
}

export function clock(iso: string): string {
  return `${iso.slice(11, 19)} UTC`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
