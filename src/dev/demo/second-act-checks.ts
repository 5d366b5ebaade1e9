import type { PrecallOutcome } from '../../workflows/messages.ts';
import type { Check } from './checks.ts';
import type { SeenRow } from './doors.ts';

/** Everything that was seen of it, through public doors only. */
export interface SecondAct {
  /** Of each webhook, in the order they were sent. */
  statuses: (number | undefined)[];
  /** The contact's row after each of them. */
  row: { booked: SeenRow | undefined; moved: SeenRow | undefined; cancelled: SeenRow | undefined };
  callDate: { booked: string; moved: string };
  /** Of the run that looked after the call before it was moved; undefined if it has not ended. */
  replaced: PrecallOutcome | undefined;
  /** Mails, as far as they can be seen, before the cancel, and once the last one would have been due. */
  mails: { beforeCancel: number; afterwards: number };
}

export function checksOfSecondAct({ statuses, row, callDate, replaced, mails }: SecondAct): Check[] {
  return [
    {
      claim: 'a booking, a move and a cancel were each accepted (202)',
      passed: statuses.length === 3 && statuses.every((status) => status === 202),
    },
    {
      claim: 'the booked call was in the Notion row',
      passed: row.booked?.bookingStatus === 'Booked' && row.booked.callDate === callDate.booked,
    },
    {
      claim: 'moved: the old reminders were given up, none was sent',
      passed:
        replaced?.status === 'superseded' &&
        replaced.reminders.length > 0 &&
        replaced.reminders.every(({ outcome }) => outcome === 'skipped'),
    },
    {
      claim: 'moved: the date in the Notion row moved, and it is still Booked',
      passed:
        callDate.moved !== callDate.booked &&
        row.moved?.bookingStatus === 'Booked' &&
        row.moved.callDate === callDate.moved,
    },
    {
      claim: 'moved: a mail said so, and two reminders of the new time were sent',
      passed: mails.beforeCancel === 3,
      seen: `${mails.beforeCancel}`,
    },
    {
      claim: 'cancelled: a mail said so, and the third reminder was not sent',
      passed: mails.afterwards === mails.beforeCancel + 1,
      seen: `${mails.afterwards - mails.beforeCancel} more`,
    },
    { claim: 'cancelled: the Notion row says Cancelled', passed: row.cancelled?.bookingStatus === 'Cancelled' },
  ];
}
