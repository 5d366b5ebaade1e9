import type { PrecallOutcome } from '../../workflows/messages.ts';
import type { Check } from './checks.ts';
import type { SeenMail, SeenRow } from './doors.ts';

/** Everything that was seen of it, through public doors only. */
export interface FirstAct {
  answers: { status: number | undefined; workflowId: unknown }[];
  /** When each reminder was due, epoch milliseconds, soonest first. */
  dueAt: number[];
  mails: SeenMail[] | undefined;
  row: { before: SeenRow | undefined; booked: SeenRow | undefined; after: SeenRow | undefined };
  callDate: string;
  /** How often Cal.com was asked about the booking. */
  readBacks: number;
  outcome: PrecallOutcome | undefined;
}

/** Reminders are awaited in memory for their exact instant; on a machine with something else to do they take this long. */
const LATE_MS = 1_000;

/** @returns what has to hold, each with whether it does. */
export function checksOfFirstAct({ answers, dueAt, mails, row, callDate, readBacks, outcome }: FirstAct): Check[] {
  const lateness = mails?.map(({ receivedAt }, index) => Date.parse(receivedAt) - (dueAt[index] ?? Number.NaN));
  const runs = new Set(answers.map(({ workflowId }) => workflowId));
  return [
    { claim: 'the webhook was accepted (202)', passed: answers[0]?.status === 202 },
    {
      claim: 'delivered twice, it is still one booking',
      passed: answers.length === 2 && answers[1]?.status === 200 && runs.size === 1,
    },
    { claim: 'the attendee was found in the campaign', passed: outcome?.campaign.state === 'member' },
    {
      claim: 'all three reminders were sent, as Temporal tells it',
      passed: outcome?.reminders.filter(({ outcome: became }) => became === 'sent').length === 3,
    },
    { claim: 'before each of them Cal.com was asked whether the call stands', passed: readBacks >= 3 },
    ...(mails
      ? [
          {
            claim: 'three mails arrived, each once',
            passed: mails.length === 3 && new Set(mails.map(({ messageId }) => messageId)).size === 3,
            seen: `${mails.length} mails`,
          },
          {
            claim: `none early, none more than ${LATE_MS / 1_000} s late`,
            passed: lateness?.length === 3 && lateness.every((ms) => ms >= 0 && ms <= LATE_MS),
            seen: lateness?.map((ms) => `${ms} ms`).join(', ') ?? '',
          },
        ]
      : []),
    {
      claim: 'the Notion row changed to Booked, with the date and Pre-Call Prep',
      passed:
        row.before?.bookingStatus !== 'Booked' &&
        row.booked?.bookingStatus === 'Booked' &&
        row.booked.callDate === callDate &&
        row.booked.campaignStatus === 'Pre-Call Prep',
    },
    { claim: 'after the call the row says Completed', passed: row.after?.bookingStatus === 'Completed' },
    { claim: 'the run ended by itself', passed: outcome?.status === 'completed' },
  ];
}
