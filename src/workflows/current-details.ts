import type { CampaignReport, NotionReport, ReminderReport, Timetable } from './messages.ts';

/** The timetable as Markdown, for the workflow's page in the Temporal UI. No personal data. */
export function describeTimetable(timetable: Timetable): string {
  const { status, reason, startsAt, reminders, campaign, notion, attendance } = timetable;
  return [
    `**Call** ${instant(startsAt)}: ${status}${because(reason)}`,
    '',
    '| reminder | due | outcome |',
    '| --- | --- | --- |',
    ...reminders.map(describeReminder),
    '',
    `**Campaign** ${describeCampaign(campaign)}`,
    '',
    `**Notion** ${describeNotion(notion)}`,
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
