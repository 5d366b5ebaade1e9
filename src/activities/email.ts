import { isDeepStrictEqual } from 'node:util';
import { ApplicationFailure, Context, log } from '@temporalio/activity';
import { type Attendee, type Booking, bookingKeyOf } from '../booking.ts';
import type { TemplateName } from '../config.ts';
import type { MailTransport } from '../email/mail-transport.ts';
import type { Mailbox } from '../email/mailbox.ts';
import type { ReminderRenderer } from '../email/reminder-renderer.ts';
import type { Inbox } from '../store/inbox.ts';
import type { MailClaim, MailKey, Mails } from '../store/mails.ts';
import { type MailSent, type OpenClaim, prepareMail, sendClaimed, sentOrOpen, takenOver } from './claimed-mail.ts';
import type { ReadBack } from './read-back.ts';

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
  | ({ outcome: 'sent' } & MailSent)
  /** There is news that the run has not heard and that may call the reminder off. It is told again: look again when it comes. */
  | { outcome: 'held' }
  /** Another booking of the same call, made by mistake, sends it. */
  | { outcome: 'left_to_twin' };

export interface EmailActivities {
  /**
   * Takes the mail for this attempt, waits in memory for the exact due instant, and mails it, unless Cal.com or the inbox knows
   * better or it has been sent before.
   *
   * @throws {ApplicationFailure} final, type `mail_refused`, when the mail server answers 5xx; final, type `delivery_uncertain`,
   * when the mail may have been taken twice already and nobody knows; as {@link ReadBack} does.
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
  /** Undefined where there is no key to ask Cal.com with. */
  readBack?: ReadBack | undefined;
  /** Where answers go, unless to the organizer. */
  replyTo?: Mailbox | undefined;
  clock?: Clock;
}

/** An attempt that takes long after the due instant shows the server that its worker is alive. */
const HEARTBEAT_EVERY_MS = 5_000;

export function createEmailActivities(options: EmailActivitiesOptions): EmailActivities {
  const { renderer, transport, inbox, mails, messageIdOf, readBack, replyTo, clock = wallClock } = options;

  /** Writes the mail out and takes it ahead of the due instant: a thousand that are due at once then only have to be handed over. */
  async function claim(request: ReminderRequest): Promise<MailClaim> {
    const { booking, recipient, template, dueAt } = request;
    const answersTo = replyTo ?? organizerOf(booking);
    const messageId = messageIdOf(request);
    const sendsAt = Math.max(Date.parse(dueAt), clock.now());
    const { content } = await prepareMail(transport, {
      to: recipient,
      ...(answersTo && { replyTo: answersTo }),
      messageId,
      date: new Date(sendsAt),
      ...renderer.render({ booking, attendee: recipient, template, now: sendsAt }),
    });
    return mails.claim(mailKeyOf(request), { dueAt, messageId, content });
  }

  /** The request with what Cal.com says now; undefined when the call does not take place as it is known. */
  async function askCalcom(request: ReminderRequest): Promise<ReminderRequest | undefined> {
    if (!readBack) return request;
    const { outcome, ...facts } = await readBack(request);
    return outcome === 'held' ? undefined : { ...request, ...facts };
  }

  /** The mail that was written before the wait, or another one if what it says has changed. */
  async function upToDate(claimed: OpenClaim, was: ReminderRequest, is: ReminderRequest): Promise<OpenClaim> {
    if (isDeepStrictEqual(toldIn(was), toldIn(is))) return claimed;
    const anew = await claim(is);
    if (!('token' in anew)) throw takenOver();
    return anew;
  }

  async function isHeld({ booking, heard, step }: ReminderRequest): Promise<boolean> {
    const key = bookingKeyOf(booking);
    if (!(await inbox.hasUnheardNews(key, heard))) return false;
    // It may have been told to a Temporal that has since been restored from a backup.
    await inbox.tellAgain(key, heard);
    log.info('reminder held for news that is on its way', { bookingUid: booking.uid, step });
    return true;
  }

  async function sendWhenDue(request: ReminderRequest, claimed: OpenClaim): Promise<ReminderSent> {
    const { booking, recipient, step, offsetMs } = request;
    const about = { bookingUid: booking.uid, step };
    const dueAt = Date.parse(request.dueAt);
    const activity = Context.current();
    await clock.waitUntil(dueAt);

    const beating = setInterval(() => activity.heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      const current = await askCalcom(request);
      if (!current) return { outcome: 'held' };
      const open = await upToDate(claimed, request, current);
      if (await isHeld(request)) return { outcome: 'held' };
      if (clock.now() >= Date.parse(request.deadline)) throw tooLate();
      if (await mails.isLeftToTwin(mailKeyOf(request))) return { outcome: 'left_to_twin' };

      const mail = transport.resume(open.mail, recipient.email);
      const sent = await sendClaimed(open, mail, { mails, about, now: () => clock.now() });
      const { possibleDuplicate } = sent;
      const latenessMs = Date.parse(sent.sentAt) - dueAt;
      log.info('reminder sent', {
        bookingUid: booking.uid,
        offsetMs,
        latenessMs,
        ...(possibleDuplicate && { possibleDuplicate }),
      });
      return { outcome: 'sent', ...sent };
    } finally {
      clearInterval(beating);
    }
  }

  return {
    async sendReminder(request) {
      const found = sentOrOpen(await claim(request));
      return 'sent' in found ? { outcome: 'sent', ...found.sent } : sendWhenDue(request, found.open);
    },
  };
}

/** What a mail says that Cal.com may know better. */
function toldIn({ booking: { endsAt, joinUrl, location, organizer }, recipient }: ReminderRequest) {
  return { endsAt, joinUrl, location, organizer, recipient };
}

function tooLate(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'too_late', message: 'Its time had passed when it could have been sent' });
}

function mailKeyOf({ booking, step, recipient }: ReminderRequest): MailKey {
  return { booking: bookingKeyOf(booking), startsAt: booking.startsAt, step, recipient: recipient.email };
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
