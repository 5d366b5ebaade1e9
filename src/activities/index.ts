export { type BriefActivities, createBriefActivities } from './brief.ts';
export { type CampaignActivities, createCampaignActivities } from './campaign.ts';
export { createEmailActivities, type EmailActivities } from './email.ts';
export { createLayoutActivities, type LayoutActivities, type LayoutRequest } from './lay-out.ts';
export type { MailOutcome, MailSkipReason } from './mail-sender.ts';
export { createNoticeActivities, type NoticeActivities } from './notices.ts';
export {
  type ContactActivities,
  type ContactUpdate,
  createContactActivities,
  type ReminderSentNote,
} from './notion.ts';
export { createReconcileActivities, type ReconcileActivities } from './reconcile.ts';
export { createRecordActivities, type RecordActivities, type RunRecord } from './records.ts';
