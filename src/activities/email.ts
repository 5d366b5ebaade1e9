import { ApplicationFailure, Context, log } from '@temporalio/activity';
import type { Attendee, Booking } from '../booking.ts';
import type { TemplateName } from '../config.ts';
import { MailRefused, type MailTransport } from '../email/mail-transport.ts';
import type { Mailbox } from '../email/mailbox.ts';
import type { ReminderRenderer } from '../email/reminder-renderer.ts';

/** One reminder to one person. `dueAt` is ISO 8601, UTC. */
export interface ReminderRequest {
  booking: Booking;
  recipient: Attendee;
  offsetMs: number;
  template: TemplateName;
  dueAt: string;
}

export interface ReminderSent {
  /** When the mail server took the mail. ISO 8601, UTC. */
  sentAt: string;
}

export interface EmailActivities {
  /**
   * Waits in memory for the exact due instant, then mails the reminder.
   *
   * @throws {ApplicationFailure} final, type `mail_refused`, when the mail server answers 5xx.
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
  transport: Pick<MailTransport, 'prepare'>;
  messageIdOf: (request: ReminderRequest) => string;
  /** Where answers go, unless to the organizer. */
  replyTo?: Mailbox | undefined;
  clock?: Clock;
}

/** A send that takes longer than this shows the server that its worker is alive. */
const HEARTBEAT_EVERY_MS = 5_000;

export function createEmailActivities(options: EmailActivitiesOptions): EmailActivities {
  const { renderer, transport, messageIdOf, replyTo, clock = wallClock } = options;
  return {
    async sendReminder(request) {
      const { booking, recipient, template } = request;
      const dueAt = Date.parse(request.dueAt);
      const answersTo = replyTo ?? organizerOf(booking);
      const sendsAt = Math.max(dueAt, clock.now());
      const content = renderer.render({ booking, attendee: recipient, template, now: sendsAt });
      const activity = Context.current();
      let beating: NodeJS.Timeout | undefined;
      try {
        const mail = await transport.prepare({
          to: recipient,
          ...(answersTo && { replyTo: answersTo }),
          messageId: messageIdOf(request),
          date: new Date(sendsAt),
          ...content,
        });
        await clock.waitUntil(dueAt);
        beating = setInterval(() => activity.heartbeat(), HEARTBEAT_EVERY_MS);
        await mail.send();
      } catch (error) {
        if (!(error instanceof MailRefused)) throw error;
        throw ApplicationFailure.create({ message: error.message, type: 'mail_refused', nonRetryable: true });
      } finally {
        clearInterval(beating);
      }

      const sentAt = clock.now();
      log.info('reminder sent', { bookingUid: booking.uid, offsetMs: request.offsetMs, latenessMs: sentAt - dueAt });
      return { sentAt: new Date(sentAt).toISOString() };
    },
  };
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
