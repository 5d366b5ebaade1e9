import { fileURLToPath } from 'node:url';
import {
  type CampaignActivities,
  type ContactActivities,
  createCampaignActivities,
  createContactActivities,
  createEmailActivities,
  createRecordActivities,
  type EmailActivities,
  type RecordActivities,
} from '../activities/index.ts';
import type { Config, NotionSettings } from '../config.ts';
import { domainOf, parseMailbox } from '../email/mailbox.ts';
import { messageIdOf } from '../email/message-id.ts';
import { createReminderRenderer } from '../email/reminder-renderer.ts';
import { createSmtpTransport } from '../email/smtp-transport.ts';
import { createNotion } from '../notion/notion.ts';
import type { Store } from '../store/store.ts';

export type Activities = EmailActivities & CampaignActivities & ContactActivities & RecordActivities;

export interface ActivitiesOptions extends Pick<Config, 'campaigns' | 'timeZone'> {
  smtpUrl: string;
  email: Pick<Config['email'], 'from' | 'replyTo'>;
  notion: NotionSettings | 'off';
  store: Pick<Store, 'inbox' | 'bookings' | 'mails'>;
  installationKey: string;
}

const TEMPLATES_DIR = fileURLToPath(new URL('../../templates', import.meta.url));

/**
 * What the workflows may ask for, done by the real adapters.
 *
 * @throws {TemplateError} when a mail template is broken.
 */
export function createActivities(options: ActivitiesOptions): { activities: Activities; close(): void } {
  const { smtpUrl, email, campaigns, timeZone, store, installationKey } = options;
  const from = parseMailbox(email.from);
  const domain = domainOf(from);
  const transport = createSmtpTransport({ smtpUrl, from });
  const notion = options.notion === 'off' ? undefined : createNotion({ ...options.notion, campaigns });

  const activities = {
    ...createEmailActivities({
      inbox: store.inbox,
      mails: store.mails,
      transport,
      renderer: createReminderRenderer({ templatesDir: TEMPLATES_DIR, fallbackTimeZone: timeZone }),
      replyTo: email.replyTo ? parseMailbox(email.replyTo) : undefined,
      messageIdOf: ({ booking, offsetMs, recipient }) =>
        messageIdOf({
          key: installationKey,
          domain,
          booking,
          startsAt: booking.startsAt,
          offsetMs,
          recipient: recipient.email,
        }),
    }),
    ...createRecordActivities(store),
    ...createCampaignActivities({ notion }),
    ...createContactActivities({ notion, timeZone }),
  };
  return { activities, close: () => transport.close() };
}
