import { isDeepStrictEqual } from 'node:util';
import { ApplicationFailure, Context, log } from '@temporalio/activity';
import { type Booking, bookingKeyOf } from '../booking.ts';
import { type CalendarFile, calendarFile } from '../email/calendar-file.ts';
import type { MailReader, MailRenderer, MailToWrite } from '../email/mail-renderer.ts';
import type { MailTransport, OutgoingMail } from '../email/mail-transport.ts';
import type { Mailbox } from '../email/mailbox.ts';
import type { Links } from '../link.ts';
import type { Inbox } from '../store/inbox.ts';
import type { MailClaim, MailKey, Mails } from '../store/mails.ts';
import type { SuppressionReason, Suppressions } from '../store/suppressions.ts';
import { type MailSent, type OpenClaim, prepareMail, sendClaimed, sentOrOpen, takenOver } from './claimed-mail.ts';
import { keepTrying } from './keep-trying.ts';
import { linksFor } from './mail-links.ts';
import { createRush } from './rush.ts';

/** One mail about a booking, to one person. Instants are ISO 8601 in UTC. */
export interface MailToSend extends Pick<MailToWrite, 'previousStartsAt' | 'reason' | 'seriesStartsAt'> {
  booking: Booking;
  reader: MailReader;
  /** Names it among all mails of the booking, such as `reminder/24h`. */
  step: string;
  template: string;
  messageId: string;
  dueAt: string;
  /** When the run gives it up: an attempt that was frozen meanwhile must not send it after that. */
  deadline: string;
  /** The cancelling and moving events that the run has heard, by their ids. Without them, none of these stops the mail. */
  heard?: readonly string[] | undefined;
  /** Who has said that they will be there: keyed names. */
  acknowledgedBy?: readonly string[] | undefined;
  /** Whether it has nothing to say to those. */
  unconfirmedOnly?: boolean | undefined;
  /** The calendar entry that is attached. */
  calendar?: CalendarFile['method'] | undefined;
  /** Whether the host asks for another time. */
  isToBeMoved?: boolean | undefined;
}

export type MailOutcome =
  | ({ outcome: 'sent' } & MailSent)
  /** There is news that the run has not heard and that may call the mail off. It is told again: look again when it comes. */
  | { outcome: 'held' }
  | { outcome: 'skipped'; reason: MailSkipReason };

/** Why a mail is not sent although its time has come. */
export type MailSkipReason =
  | (typeof SUPPRESSED)[SuppressionReason]
  /** The same person has booked the same call twice by mistake: the other booking's mail goes out. */
  | 'left_to_twin'
  /** It asks for what the recipient has already said: that they will be there. */
  | 'confirmed_by_attendee'
  /** The booker, who has missed the call, has booked another. */
  | 'booked_again'
  /** The mail about another call of its series tells of it as well. */
  | 'told_with_series'
  /** Neither the owner nor the organizer has an address. */
  | 'no_host_address';

const SUPPRESSED = { hard_bounce: 'bounced', complaint: 'complained', unsubscribed: 'unsubscribed' } as const;

/** The wall clock, so that tests can bring their own. */
export interface Clock {
  now(): number;
  /** Waits until `at`, epoch milliseconds; rejects when the activity is cancelled or the worker shuts down. */
  waitUntil(at: number): Promise<void>;
}

export interface MailSenderOptions {
  renderer: MailRenderer;
  transport: Pick<MailTransport, 'prepare' | 'resume'>;
  inbox: Pick<Inbox, 'hasUnheardNews' | 'tellAgain'>;
  mails: Mails;
  links: Links;
  /** Names a person without saying who it is. */
  personOf: (address: string) => string;
  suppressions: Pick<Suppressions, 'reasonFor'>;
  /** Who calls in calendar entries of calls whose organizer has no address. */
  calendarFrom: Mailbox;
  /** Where attendees' answers go, unless to the organizer. */
  replyTo?: Mailbox | undefined;
  clock?: Clock | undefined;
}

/** Asked once the instant has come. @returns the mail as it is to be then; undefined when the run has to look again. */
export type LookAgain = (mail: MailToSend) => Promise<MailToSend | undefined>;

/** The one way of every mail: written and claimed, waited with, looked at once more, sent. */
export interface MailSender {
  /**
   * Takes the mail for this attempt, waits in memory for its exact instant, and mails it, unless something stands against it by then or
   * it has been sent before.
   *
   * @throws {ApplicationFailure} final, type `mail_refused`, when the mail server answers 5xx; final, type `delivery_uncertain`, when
   * the mail may have been taken and is not to be sent again; as `lookAgain` does.
   */
  send(mail: MailToSend, lookAgain?: LookAgain): Promise<MailOutcome>;
  now(): number;
}

/** An attempt that takes long after the due instant shows the server that its worker is alive. */
const HEARTBEAT_EVERY_MS = 5_000;

export function createMailSender(options: MailSenderOptions): MailSender {
  const { renderer, transport, inbox, mails, links, personOf, suppressions, calendarFrom, replyTo } = options;
  const { clock = wallClock } = options;
  const inRush = createRush();

  function write(mail: MailToSend, sendsAt: number): OutgoingMail {
    const {
      booking,
      reader,
      template,
      messageId,
      acknowledgedBy = [],
      previousStartsAt,
      reason,
      seriesStartsAt,
    } = mail;
    const language = renderer.languageFor(reader);
    const readersLinks = linksFor(mail, { links, personOf, language });
    const answersTo = reader.role === 'attendee' ? (replyTo ?? organizerOf(booking)) : undefined;
    const hasSaidSo = (address: string) => acknowledgedBy.includes(personOf(address));
    const { subject, text, html } = renderer.render({
      template,
      booking,
      reader,
      now: sendsAt,
      links: readersLinks,
      isConfirmed: hasSaidSo(reader.email),
      acknowledged: hasSaidSo(booking.attendees[0].email),
      ...(previousStartsAt && { previousStartsAt }),
      ...(reason && { reason }),
      ...(seriesStartsAt && { seriesStartsAt }),
    });
    const calendar =
      mail.calendar && calendarFile({ booking, method: mail.calendar, now: sendsAt, language, from: calendarFrom });
    return {
      to: { name: reader.name, email: reader.email },
      ...(answersTo && { replyTo: answersTo }),
      messageId,
      date: new Date(sendsAt),
      subject,
      text,
      html,
      ...(readersLinks.unsubscribe && { unsubscribeUrl: readersLinks.unsubscribe }),
      ...(calendar && { calendar }),
    };
  }

  /** Writes the mail out and takes it ahead of the due instant: a thousand that are due at once then only have to be handed over. */
  async function claim(mail: MailToSend): Promise<MailClaim> {
    const { dueAt, messageId } = mail;
    const sendsAt = Math.max(Date.parse(dueAt), clock.now());
    const { content } = await prepareMail(transport, write(mail, sendsAt));
    return mails.claim(mailKeyOf(mail), { dueAt, messageId, content });
  }

  /** The mail that was written before the wait, or another one if what it says has changed. */
  async function upToDate(claimed: OpenClaim, was: MailToSend, is: MailToSend): Promise<OpenClaim> {
    if (isDeepStrictEqual(toldIn(was), toldIn(is))) return claimed;
    const anew = await claim(is);
    if (!('token' in anew)) throw takenOver();
    return anew;
  }

  async function isHeld({ booking, heard, step }: MailToSend): Promise<boolean> {
    const key = bookingKeyOf(booking);
    if (!heard || !(await inbox.hasUnheardNews(key, heard))) return false;
    // It may have been told to a Temporal that has since been restored from a backup.
    await inbox.tellAgain(key, heard);
    log.info('mail held for news that is on its way', { bookingUid: booking.uid, step });
    return true;
  }

  async function whyNot(mail: MailToSend): Promise<MailSkipReason | undefined> {
    const { booking, reader, acknowledgedBy = [], unconfirmedOnly } = mail;
    const person = personOf(reader.email);
    const suppressed = await suppressions.reasonFor(person, bookingKeyOf(booking));
    if (suppressed) return SUPPRESSED[suppressed];
    if (unconfirmedOnly && acknowledgedBy.includes(person)) return 'confirmed_by_attendee';
    return (await mails.isLeftToTwin(mailKeyOf(mail))) ? 'left_to_twin' : undefined;
  }

  async function sendWhenDue(mail: MailToSend, claimed: OpenClaim, lookAgain: LookAgain): Promise<MailOutcome> {
    const activity = Context.current();
    await clock.waitUntil(Date.parse(mail.dueAt));

    const beating = setInterval(() => activity.heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      return await inRush(() => sendNow(mail, claimed, lookAgain));
    } finally {
      clearInterval(beating);
    }
  }

  async function sendNow(mail: MailToSend, claimed: OpenClaim, lookAgain: LookAgain): Promise<MailOutcome> {
    const about = { bookingUid: mail.booking.uid, step: mail.step };
    const current = await lookAgain(mail);
    if (!current) return { outcome: 'held' };
    const open = await upToDate(claimed, mail, current);
    const prepared = transport.resume(open.mail, mail.reader.email);
    await prepared.ready();
    if (await isHeld(mail)) return { outcome: 'held' };
    if (clock.now() >= Date.parse(mail.deadline)) throw tooLate();
    const reason = await whyNot(mail);
    if (reason) {
      await keepTrying(about, () => mails.markSkipped(open.token, reason));
      return { outcome: 'skipped', reason };
    }
    const sent = await sendClaimed(open, prepared, { mails, about, now: () => clock.now() });
    logSent(about, mail, sent);
    return { outcome: 'sent', ...sent };
  }

  return {
    now: () => clock.now(),
    async send(mail, lookAgain = async () => mail) {
      const found = sentOrOpen(await claim(mail));
      return 'sent' in found ? { outcome: 'sent', ...found.sent } : sendWhenDue(mail, found.open, lookAgain);
    },
  };
}

/** What a mail says that the provider may know better. */
function toldIn({ booking: { endsAt, joinUrl, location, organizer }, reader }: MailToSend) {
  return { endsAt, joinUrl, location, organizer, reader };
}

function tooLate(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'too_late', message: 'Its time had passed when it could have been sent' });
}

function logSent(about: { bookingUid: string; step: string }, { dueAt }: MailToSend, sent: MailSent): void {
  const { sentAt, possibleDuplicate } = sent;
  const latenessMs = Date.parse(sentAt) - Date.parse(dueAt);
  log.info('mail sent', { ...about, latenessMs, ...(possibleDuplicate && { possibleDuplicate }) });
}

function mailKeyOf({ booking, step, reader }: MailToSend): MailKey {
  return { booking: bookingKeyOf(booking), startsAt: booking.startsAt, step, recipient: reader.email };
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
