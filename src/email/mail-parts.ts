import { isOneAddress } from '../address.ts';
import { MailRefused, type OutgoingMail } from './mail-transport.ts';

export const CALENDAR_FILE_NAME = 'invite.ics';

/** The headers that every mail of ours has beside what its fields say. */
export function headersOf({ unsubscribeUrl }: OutgoingMail): Record<string, string> {
  return {
    'Auto-Submitted': 'auto-generated',
    ...(unsubscribeUrl !== undefined && {
      // As the URL parser writes it there is neither a line break nor an angle bracket in it.
      'List-Unsubscribe': `<${new URL(unsubscribeUrl).href}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    }),
  };
}

/** A library would make two recipients of `a@example.com,b@example.com`. @throws {MailRefused} */
export function mustBeOneAddress(email: string): void {
  if (!isOneAddress(email)) throw new MailRefused();
}
