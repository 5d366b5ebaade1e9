import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import {
  type BriefActivities,
  type CampaignActivities,
  type ContactActivities,
  createBriefActivities,
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
import { createNotion, type Notion } from '../notion/notion.ts';
import type { Store } from '../store/store.ts';
import { calcomApiOf, createReconcilerOf } from './create-reconciler.ts';

export type Activities = EmailActivities &
  NoticeActivities &
  CampaignActivities &
  ContactActivities &
  BriefActivities &
  RecordActivities &
  ReconcileActivities;

export interface ActivitiesOptions extends Pick<Config, 'notionChoices' | 'timeZone' | 'calcom' | 'reconcile'> {
  smtpUrl: string;
  email: Pick<Config['email'], 'from' | 'replyTo' | 'owner'>;
  notion: NotionSettings | 'off';
  store: Pick<Store, 'inbox' | 'bookings' | 'mails' | 'contacts' | 'briefs' | 'findings' | 'notionPace'>;
  installationKey: string;
  log: Logger;
}

const TEMPLATES_DIR = fileURLToPath(new URL('../../templates', import.meta.url));

/**
 * What the workflows may ask for, done by the real adapters.
 *
 * @throws {TemplateError} when a mail template is broken.
 */
export function createActivities(options: ActivitiesOptions): { activities: Activities; close(): void } {
  const { smtpUrl, email, timeZone, store, installationKey } = options;
  const from = parseMailbox(email.from);
  const domain = domainOf(from);
  const transport = createSmtpTransport({ smtpUrl, from });
  const notion = options.notion === 'off' ? undefined : notionOf(options.notion, options);
  const personOf = (address: string) => keyedHash(installationKey, 'person', [address.toLowerCase()]);

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
    ...createContactActivities({ notion, contacts: store.contacts, personOf, timeZone }),
    ...createBriefActivities({ notion, contacts: store.contacts, briefs: store.briefs, personOf, timeZone }),
  };
  return { activities, close: () => transport.close() };
}

function notionOf(settings: NotionSettings, { notionChoices: choices, store, log }: ActivitiesOptions): Notion {
  const { token } = settings;
  return createNotion({
    settings,
    choices,
    pace: store.notionPace({ token, requestsPerMinute: choices.requestsPerMinute }),
    log,
    onRequest: (request) => log.debug(request, 'asked Notion'),
  });
}
