import { ApplicationFailure, Context, log } from '@temporalio/activity';
import type { Attendee, Booking, BookingKey } from '../booking.ts';
import type { TemplateName } from '../config.ts';
import { MailRefused, type MailTransport, MailUndelivered, type PreparedMail } from '../email/mail-transport.ts';
import type { Mailbox } from '../email/mailbox.ts';
import type { ReminderRenderer } from '../email/reminder-renderer.ts';
import type { Inbox } from '../store/inbox.ts';
import type { MailClaim, Mails } from '../store/mails.ts';
import { keepTrying } from './keep-trying.ts';

/** One reminder to one person. `dueAt` is ISO 8601, UTC. */
export interface ReminderRequest {
  booking: Booking;
  recipient: Attendee;
  /** Names the reminder among all mails of the booking, such as `reminder/24h`. */
  step: string;
  offsetMs: number;
  template: TemplateName;
  dueAt: string;
  /** When the run gives it up. ISO 8601, UTC: an attempt that was frozen meanwhile must not send it after that. */
  deadline: string;
  /** The cancelling and moving events that the run has heard, by their ids. */
  heard: readonly string[];
}

export type ReminderSent =
  /**
   * `sentAt` is when the mail server took the mail. ISO 8601, UTC. `possibleDuplicate` if an earlier attempt had been on the wire
   * and nobody knows what became of it: the recipient may have the very same mail twice.
   */
  | { outcome: 'sent'; sentAt: string; possibleDuplicate?: true }
  /** There is news that the run has not heard and that may call the reminder off. It is told again: look again when it comes. */
  | { outcome: 'held' };

export interface EmailActivities {
  /**
   * Takes the mail for this attempt, waits in memory for the exact due instant, and mails it, unless the inbox knows better or it
   * has been sent before.
   *
   * @throws {ApplicationFailure} final, type `mail_refused`, when the mail server answers 5xx; final, type `delivery_uncertain`,
   * when the mail may have been taken twice already and nobody knows.
   */
  sendReminder(request: ReminderRequest): Promise<ReminderSent>;
}

/** The wall clock, so that tests can bring their own. */
export interface Clock {
  now(): number;
  /** Waits until `at`, epoch milliseconds; rejects when the activity is cancelled or the worker shuts down. */
  waitUntil(at: number): Promise<void>;
}

export interface EmailActivitiesOptions {
  renderer: ReminderRenderer;
  transport: Pick<MailTransport, 'prepare' | 'resume'>;
  inbox: Pick<Inbox, 'hasUnheardNews' | 'tellAgain'>;
  mails: Mails;
  messageIdOf: (request: ReminderRequest) => string;
  /** Where answers go, unless to the organizer. */
  replyTo?: Mailbox | undefined;
  clock?: Clock;
}

/** A claim that lets this attempt send. */
type OpenClaim = Extract<MailClaim, { token: string }>;

/** An attempt that takes long after the due instant shows the server that its worker is alive. */
const HEARTBEAT_EVERY_MS = 5_000;

export function createEmailActivities(options: EmailActivitiesOptions): EmailActivities {
  const { renderer, transport, inbox, mails, messageIdOf, replyTo, clock = wallClock } = options;

  /** Writes the mail out and takes it ahead of the due instant: a thousand that are due at once then only have to be handed over. */
  async function claim(request: ReminderRequest): Promise<MailClaim> {
    const { booking, recipient, step, template, dueAt } = request;
    const answersTo = replyTo ?? organizerOf(booking);
    const messageId = messageIdOf(request);
    const sendsAt = Math.max(Date.parse(dueAt), clock.now());
    const { content } = await transport.prepare({
      to: recipient,
      ...(answersTo && { replyTo: answersTo }),
      messageId,
      date: new Date(sendsAt),
      ...renderer.render({ booking, attendee: recipient, template, now: sendsAt }),
    });
    const key = { booking: keyOf(booking), startsAt: booking.startsAt, step, recipient: recipient.email };
    return mails.claim(key, { dueAt, messageId, content });
  }

  async function isHeld({ booking, heard, step }: ReminderRequest): Promise<boolean> {
    const key = keyOf(booking);
    if (!(await inbox.hasUnheardNews(key, heard))) return false;
    // It may have been told to a Temporal that has since been restored from a backup.
    await inbox.tellAgain(key, heard);
    log.info('reminder held for news that is on its way', { bookingUid: booking.uid, step });
    return true;
  }

  /** Sends the mail, or notes how far that came: a later attempt must know whether this one may have got through. */
  async function send(mail: PreparedMail, token: string, about: { bookingUid: string; step: string }): Promise<void> {
    if (!(await mails.startSending(token))) throw takenOver();
    try {
      await mail.send();
    } catch (error) {
      if (error instanceof MailRefused) await keepTrying(about, () => mails.markFailed(token, 'mail_refused'));
      if (error instanceof MailUndelivered && !error.perhapsTaken) {
        await keepTrying(about, () => mails.release(token, error.reason));
      }
      throw error;
    }
  }

  async function sendClaimed(request: ReminderRequest, { state, token, mail }: OpenClaim): Promise<ReminderSent> {
    const { booking, recipient, step, offsetMs } = request;
    const about = { bookingUid: booking.uid, step };
    const dueAt = Date.parse(request.dueAt);
    const activity = Context.current();
    const kept = transport.resume(mail, recipient.email);
    await clock.waitUntil(dueAt);

    const beating = setInterval(() => activity.heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      if (await isHeld(request)) return { outcome: 'held' };
      if (clock.now() >= Date.parse(request.deadline)) throw tooLate();
      await send(kept, token, about);

      const now = clock.now();
      const sentAt = new Date(now).toISOString();
      const flag = state === 'ambiguous' && { possibleDuplicate: true as const };
      log.info('reminder sent', { bookingUid: booking.uid, offsetMs, latenessMs: now - dueAt, ...flag });
      // Where the store stays away, Temporal still keeps the outcome; to fail for it would send the mail once more.
      await keepTrying(about, () => mails.markSent(token, sentAt));
      return { outcome: 'sent', sentAt, ...flag };
    } finally {
      clearInterval(beating);
    }
  }

  return {
    async sendReminder(request) {
      try {
        const claimed = await claim(request);
        switch (claimed.state) {
          case 'sent':
            return asSent(claimed);
          case 'failed':
            throw final(claimed.reason, 'This mail has failed for good before');
          case 'uncertain':
            throw final('delivery_uncertain', 'Twice the mail server may have taken this mail and did not say so');
          default:
            return await sendClaimed(request, claimed);
        }
      } catch (error) {
        throw error instanceof MailRefused ? final('mail_refused', error.message) : error;
      }
    },
  };
}

function asSent({ sentAt, possibleDuplicate }: Extract<MailClaim, { state: 'sent' }>): ReminderSent {
  return { outcome: 'sent', sentAt, ...(possibleDuplicate && { possibleDuplicate }) };
}

function final(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}

function tooLate(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'too_late', message: 'Its time had passed when it could have been sent' });
}

/** Worth another attempt: that one finds out what the other has made of the mail. */
function takenOver(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'taken_over', message: 'A later attempt has taken this mail over' });
}

function keyOf({ uid, seat }: Booking): BookingKey {
  return { uid, ...(seat && { seat }) };
}

function organizerOf({ organizer: { name, email } }: Booking): Mailbox | undefined {
  return email ? { name, email } : undefined;
}

/** Timers may fire a moment early, and a reminder never does. */
const wallClock: Clock = {
  now: () => Date.now(),
  async waitUntil(at) {
    for (let leftMs = at - Date.now(); leftMs > 0; leftMs = at - Date.now()) await Context.current().sleep(leftMs);
  },
};
