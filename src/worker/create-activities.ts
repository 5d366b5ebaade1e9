import { fileURLToPath } from 'node:url';
import {
  type CampaignActivities,
  type ContactActivities,
  createCampaignActivities,
  createContactActivities,
  createEmailActivities,
  createNoticeActivities,
  createReconcileActivities,
  createRecordActivities,
  type EmailActivities,
  type NoticeActivities,
  type ReconcileActivities,
  type RecordActivities,
} from '../activities/index.ts';
import { createReadBack } from '../activities/read-back.ts';
import type { Config, NotionSettings } from '../config.ts';
import { domainOf, parseMailbox } from '../email/mailbox.ts';
import { messageIdOf, noticeIdOf } from '../email/message-id.ts';
import { createReminderRenderer } from '../email/reminder-renderer.ts';
import { createSmtpTransport } from '../email/smtp-transport.ts';
import { keyedHash } from '../keyed-hash.ts';
import { createNotion } from '../notion/notion.ts';
import type { Store } from '../store/store.ts';
import { calcomApiOf, createReconcilerOf } from './create-reconciler.ts';

export type Activities = EmailActivities &
  NoticeActivities &
  CampaignActivities &
  ContactActivities &
  RecordActivities &
  ReconcileActivities;

export interface ActivitiesOptions extends Pick<Config, 'campaigns' | 'timeZone' | 'calcom' | 'reconcile'> {
  smtpUrl: string;
  email: Pick<Config['email'], 'from' | 'replyTo' | 'owner'>;
  notion: NotionSettings | 'off';
  store: Pick<Store, 'inbox' | 'bookings' | 'mails' | 'contacts' | 'findings'>;
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

  const renderer = createReminderRenderer({ templatesDir: TEMPLATES_DIR, fallbackTimeZone: timeZone });
  const api = calcomApiOf(options);

  const activities = {
    ...createEmailActivities({
      inbox: store.inbox,
      mails: store.mails,
      transport,
      renderer,
      readBack: api && createReadBack({ api, ...store, trustForMs: options.reconcile.trustForMs }),
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
    ...createNoticeActivities({
      renderer,
      transport,
      mails: store.mails,
      owner: email.owner ? parseMailbox(email.owner) : undefined,
      messageIdOf: (about) => noticeIdOf({ key: installationKey, domain, ...about }),
    }),
    ...createRecordActivities(store),
    ...createReconcileActivities({ reconciler: createReconcilerOf(options) }),
    ...createCampaignActivities({ notion }),
    ...createContactActivities({
      notion,
      contacts: store.contacts,
      personOf: (email) => keyedHash(installationKey, 'person', [email.toLowerCase()]),
      timeZone,
    }),
  };
  return { activities, close: () => transport.close() };
}
