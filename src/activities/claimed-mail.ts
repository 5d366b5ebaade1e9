import { ApplicationFailure } from '@temporalio/activity';
import {
  MailRefused,
  type MailTransport,
  MailUndelivered,
  type OutgoingMail,
  type PreparedMail,
} from '../email/mail-transport.ts';
import type { MailClaim, Mails } from '../store/mails.ts';
import { keepTrying } from './keep-trying.ts';

/** A claim that lets this attempt send. */
export type OpenClaim = Extract<MailClaim, { token: string }>;

/**
 * `sentAt` is when the mail server took the mail. ISO 8601, UTC. `possibleDuplicate` if an earlier attempt had been on the wire and
 * nobody knows what became of it: the recipient may have the very same mail twice.
 */
export interface MailSent {
  sentAt: string;
  possibleDuplicate?: true;
}

/**
 * Writes a mail out.
 *
 * @throws {ApplicationFailure} final, of the type of the refusal, for one that no mail server would take.
 */
export async function prepareMail(
  transport: Pick<MailTransport, 'prepare'>,
  mail: OutgoingMail,
): Promise<PreparedMail> {
  try {
    return await transport.prepare(mail);
  } catch (error) {
    throw finalIfRefused(error);
  }
}

/**
 * Whether there is anything left to send.
 *
 * @returns how it was sent, if it was; else the claim.
 * @throws {ApplicationFailure} final, type `delivery_uncertain` when the mail may have been taken and is not to be sent again; or of
 * the type that it failed with.
 */
export function sentOrOpen(claim: MailClaim): { sent: MailSent } | { open: OpenClaim } {
  switch (claim.state) {
    case 'sent':
      return { sent: { sentAt: claim.sentAt, ...(claim.possibleDuplicate && { possibleDuplicate: true }) } };
    case 'failed':
      throw final(claim.reason, 'This mail has failed for good before');
    case 'uncertain':
      throw final(
        'delivery_uncertain',
        'The mail server may have taken this mail and did not say so: it is not sent again',
      );
    default:
      return { open: claim };
  }
}

/**
 * Sends the mail, and notes how far that came: a later attempt must know whether this one may have got through.
 *
 * @param now epoch milliseconds, asked once the mail server has taken the mail.
 * @throws {ApplicationFailure} final, of the type of the refusal, when the mail will never be taken; else worth another attempt.
 */
export async function sendClaimed(
  { state, token }: OpenClaim,
  mail: PreparedMail,
  { mails, about, now }: { mails: Mails; about: { bookingUid: string; step: string }; now: () => number },
): Promise<MailSent> {
  if (!(await mails.startSending(token))) throw takenOver();
  try {
    await mail.send();
  } catch (error) {
    if (error instanceof MailRefused) {
      await keepTrying(about, () => mails.markFailed(token, error.reason));
    }
    if (error instanceof MailUndelivered && !error.perhapsTaken) {
      await keepTrying(about, () => mails.release(token, error.reason));
    }
    throw finalIfRefused(error);
  }
  const sentAt = new Date(now()).toISOString();
  // Where the store stays away, Temporal still keeps the outcome; to fail for it would send the mail once more.
  await keepTrying(about, () => mails.markSent(token, sentAt));
  return { sentAt, ...(state === 'ambiguous' && { possibleDuplicate: true }) };
}

/** Worth another attempt: that one finds out what the other has made of the mail. */
export function takenOver(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'taken_over', message: 'A later attempt has taken this mail over' });
}

function finalIfRefused(error: unknown): unknown {
  return error instanceof MailRefused ? final(error.reason, error.message) : error;
}

function final(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}
