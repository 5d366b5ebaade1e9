import type { CampaignReport, NoticeReport, NotionReport, ReminderReport, Timetable } from './messages.ts';

/** The timetable as Markdown, for the workflow's page in the Temporal UI. No personal data. */
export function describeTimetable(timetable: Timetable): string {
  const { status, reason, startsAt, reminders, notices, campaign, notion, acknowledged, attendance } = timetable;
  return [
    `**Call** ${instant(startsAt)}: ${status}${because(reason)}`,
    '',
    '| reminder | due | outcome |',
    '| --- | --- | --- |',
    ...reminders.map(describeReminder),
    '',
    ...(notices.length > 0 ? [`**Notices** ${notices.map(describeNotice).join(' · ')}`, ''] : []),
    `**Campaign** ${describeCampaign(campaign)}`,
    '',
    `**Notion** ${describeNotion(notion)}`,
    ...(acknowledged ? ['', '**Acknowledged** somebody has said that they will be there'] : []),
    ...(attendance ? ['', `**Attendee** ${attendance.replaceAll('_', ' ')}`] : []),
    '',
    // The UI's frame is a line too short for what is in it.
    '\u00a0',
  ].join('\n');
}

function describeReminder({ offset, dueAt, outcome, reason, sentAt }: ReminderReport): string {
  const when = sentAt ? ` ${instant(sentAt)}` : '';
  return `| ${offset} before | ${instant(dueAt)} | ${outcome}${when}${because(reason)} |`;
}

function describeNotice({ notice, outcome, reason }: NoticeReport): string {
  return `${notice.replaceAll('-', ' ')}: ${outcome}${because(reason)}`;
}

function describeCampaign({ state, campaign, reason }: CampaignReport): string {
  return `${state.replaceAll('_', ' ')}${campaign ? ` of ${campaign}` : ''}${because(reason)}`;
}

function describeNotion({ outcome, reason }: NotionReport): string {
  return `${outcome}${because(reason)}`;
}

function because(reason: string | undefined): string {
  return reason ? ` (${reason.replaceAll('_', ' ')})` : '';
}

function instant(iso: string): string {
  return iso.replace('T', ' ').replace('.000Z', 'Z').replace('Z', ' UTC');
}
