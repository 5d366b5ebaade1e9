import type { Attendee, Booking } from '../booking.ts';
import { createMailSender, type MailOutcome, type MailSenderOptions, type MailToSend } from './mail-sender.ts';
import type { ReadBack } from './read-back.ts';

/** One reminder to one person. `dueAt` is ISO 8601, UTC. */
export interface ReminderRequest {
  booking: Booking;
  recipient: Attendee;
  /** Names the reminder among all mails of the booking, such as `reminder/24h`. */
  step: string;
  offsetMs: number;
  template: string;
  dueAt: string;
  /** When the run gives it up. ISO 8601, UTC: an attempt that was frozen meanwhile must not send it after that. */
  deadline: string;
  /** The cancelling and moving events that the run has heard, by their ids. */
  heard: readonly string[];
  /** Who has said that they will be there: keyed names. */
  acknowledgedBy?: readonly string[];
  /** Whether it has nothing to say to those. */
  unconfirmedOnly?: true;
  /** Whether the calendar entry is attached. */
  calendarFile?: true;
}

export interface EmailActivities {
  /**
   * Waits in memory for the exact due instant and mails the reminder, unless Cal.com or the inbox knows better, the recipient wants no
   * mail, or it has been sent before.
   *
   * @throws {ApplicationFailure} as {@link MailSender} and {@link ReadBack} do.
   */
  sendReminder(request: ReminderRequest): Promise<MailOutcome>;
}

export interface EmailActivitiesOptions extends MailSenderOptions {
  messageIdOf: (request: ReminderRequest) => string;
  /** Undefined where there is no key to ask Cal.com with. */
  readBack?: ReadBack | undefined;
}

export function createEmailActivities(options: EmailActivitiesOptions): EmailActivities {
  const { messageIdOf, readBack } = options;
  const sender = createMailSender(options);

  /** The mail with what Cal.com says now; undefined when the call does not take place as it is known. */
  async function askCalcom(mail: MailToSend, { recipient }: ReminderRequest): Promise<MailToSend | undefined> {
    if (!readBack) return mail;
    const answer = await readBack({ booking: mail.booking, recipient, deadline: mail.deadline });
    if (answer.outcome === 'held') return undefined;
    return { ...mail, booking: answer.booking, reader: { ...answer.recipient, role: 'attendee' } };
  }

  return {
    async sendReminder(request) {
      const { booking, recipient, step, template, dueAt, deadline, heard, acknowledgedBy } = request;
      const mail: MailToSend = {
        booking,
        reader: { ...recipient, role: 'attendee' },
        step,
        template,
        messageId: messageIdOf(request),
        dueAt,
        deadline,
        heard,
        acknowledgedBy,
        unconfirmedOnly: request.unconfirmedOnly,
        calendar: request.calendarFile && 'PUBLISH',
      };
      return sender.send(mail, (current) => askCalcom(current, request));
    },
  };
}
