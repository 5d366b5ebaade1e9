import type { Logger } from 'pino';
import {
  type BriefActivities,
  type CampaignActivities,
  type ContactActivities,
  createBriefActivities,
  createCampaignActivities,
  createContactActivities,
  createEmailActivities,
  createLayoutActivities,
  createNoticeActivities,
  createReconcileActivities,
  createRecordActivities,
  type EmailActivities,
  type LayoutActivities,
  type NoticeActivities,
  type ReconcileActivities,
  type RecordActivities,
} from '../activities/index.ts';
import { createReadBack } from '../activities/read-back.ts';
import type { Config } from '../config.ts';
import { createMailTransport } from '../email/create-mail-transport.ts';
import { createMailRenderer, SHIPPED_TEMPLATES_DIR } from '../email/mail-renderer.ts';
import { domainOf, parseMailbox } from '../email/mailbox.ts';
import { messageIdOf, noticeIdOf } from '../email/message-id.ts';
import { createLinks, publicUrlOf } from '../link.ts';
import { createNotion } from '../notion/notion.ts';
import { createPersonOf } from '../person.ts';
import { templatesOf } from '../plan-choices.ts';
import type { Store } from '../store/store.ts';
import { calcomApiOf, createReconcilerOf } from './create-reconciler.ts';
import type { NotionAccess } from './notion-access.ts';

export type Activities = EmailActivities &
  LayoutActivities &
  NoticeActivities &
  CampaignActivities &
  ContactActivities &
  BriefActivities &
  RecordActivities &
  ReconcileActivities;

export interface ActivitiesOptions
  extends Pick<Config, 'server' | 'reminders' | 'notionChoices' | 'timeZone' | 'calcom' | 'reconcile'> {
  email: Pick<Config['email'], 'smtpUrl' | 'resend' | 'ambiguousMails' | 'from' | 'replyTo' | 'owner' | 'templatesDir'>;
  notion: NotionAccess | 'off';
  store: Pick<
    Store,
    'inbox' | 'bookings' | 'mailsUnder' | 'mailPace' | 'suppressions' | 'contacts' | 'briefs' | 'findings'
  >;
  installationKey: string;
  log: Logger;
}

/**
 * What the workflows may ask for, done by the real adapters.
 *
 * @throws {TemplateError} when a mail template is broken.
 */
export function createActivities(options: ActivitiesOptions): { activities: Activities; close(): void } {
  const { email, timeZone, store, installationKey } = options;
  const from = parseMailbox(email.from);
  const domain = domainOf(from);
  const { notionChoices: choices, log } = options;
  const transport = createMailTransport({ email, from, paceOf: (settings) => store.mailPace(settings), log });
  const { ambiguousMails: ambiguous } = email;
  const mails = store.mailsUnder({ ambiguous, harmlessForMs: transport.repeatsAreHarmlessForMs });
  const notion = options.notion === 'off' ? undefined : createNotion({ ...options.notion, choices, log });
  const personOf = createPersonOf(installationKey);

  const api = calcomApiOf(options);
  const sending = {
    renderer: createMailRenderer({
      templatesDir: SHIPPED_TEMPLATES_DIR,
      ownTemplatesDir: email.templatesDir,
      fallbackTimeZone: timeZone,
      required: templatesOf(options.reminders),
    }),
    transport,
    inbox: store.inbox,
    mails,
    links: createLinks({ installationKey, publicUrl: publicUrlOf(options.server) }),
    personOf,
    suppressions: store.suppressions,
    calendarFrom: from,
    replyTo: email.replyTo ? parseMailbox(email.replyTo) : undefined,
  };

  const activities = {
    ...createEmailActivities({
      ...sending,
      readBack: api && createReadBack({ api, ...store, trustForMs: options.reconcile.trustForMs }),
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
      ...sending,
      bookings: store.bookings,
      owner: email.owner ? parseMailbox(email.owner) : undefined,
      messageIdOf: (about) => noticeIdOf({ key: installationKey, domain, ...about }),
    }),
    ...createLayoutActivities({ fallbackTimeZone: timeZone }),
    ...createRecordActivities(store),
    ...createReconcileActivities({ reconciler: createReconcilerOf(options) }),
    ...createCampaignActivities({ notion }),
    ...createContactActivities({ notion, contacts: store.contacts, personOf, timeZone }),
    ...createBriefActivities({ notion, contacts: store.contacts, briefs: store.briefs, personOf, timeZone }),
  };
  return { activities, close: () => transport.close() };
}
