export { type BriefActivities, createBriefActivities } from './brief.ts';
export { type CampaignActivities, createCampaignActivities } from './campaign.ts';
export { createEmailActivities, type EmailActivities, type ReminderSent } from './email.ts';
export { createNoticeActivities, type NoticeActivities } from './notices.ts';
export {
  type ContactActivities,
  type ContactUpdate,
  createContactActivities,
  type ReminderSentNote,
} from './notion.ts';
export { createRecordActivities, type RecordActivities, type RunRecord } from './records.ts';
export { createReconcileActivities, type ReconcileActivities } from './reconcile.ts';
