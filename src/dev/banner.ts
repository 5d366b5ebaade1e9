import type { Config } from '../config.ts';
import { offsetLabel } from '../workflows/timetable.ts';
import type { Stack } from './embedded-stack.ts';

/** What runs, which parts stand in for real ones, and where to look. */
export function bannerOf(stack: Stack, config: Config): string {
  const { temporal, sandbox, calcom, catcher, notion } = stack;
  const { publicUrl } = config.server;
  const rows: [string, string][] = [
    ['Webhook', `${stack.url}/webhook/calcom-booking`],
    ...(publicUrl ? [['  outside', `${publicUrl}/webhook/calcom-booking`] as [string, string]] : []),
    ['  secret', secretOf(config)],
    ['  health', `${stack.url}/health, ${stack.url}/ready`],
    ['Cal.com', calcom ? calcomWords(config) : `yours, read back from ${config.calcom.baseUrl}`],
    ...(calcom ? [['  page', calcom.pageUrl] as [string, string]] : []),
    [
      'Temporal',
      temporal.uiUrl
        ? `embedded, ${temporal.address}, data in ${config.dataDir}`
        : `yours, ${temporal.address}, namespace ${temporal.namespace}`,
    ],
    ...(temporal.uiUrl ? [['  UI', temporal.uiUrl] as [string, string]] : []),
    ['Notion', sandbox ? 'sandbox: nothing reaches Notion' : notion === 'off' ? 'off' : `yours, ${notion.baseUrl}`],
    ...(sandbox ? [['  page', sandbox.pageUrl] as [string, string]] : []),
    ['Mail', catcher ? `catcher on ${catcher.smtpUrl}: nothing reaches an inbox` : 'yours, as the settings say'],
    ...(catcher ? [['  page', catcher.pageUrl] as [string, string]] : []),
    ['Reminders', `${config.reminders.steps.map(({ offsetMs }) => offsetLabel(offsetMs)).join(', ')} before each call`],
  ];
  return [
    '',
    'Precall is running.',
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(11)}${value}`),
    '',
    'To try five cases on it, in another terminal:',
    scenariosCommand(stack, config),
    '',
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

function calcomWords({ calcom }: Config): string {
  const readBack = calcom.apiKey === undefined ? '' : ', and each is read back before a mail';
  return `sandbox: precall book makes bookings on it${readBack}`;
}

/** Ready to be copied: the ports are those that were free. */
function scenariosCommand({ url, temporal, sandbox }: Stack, { server, encryptionKeys, dataDir }: Config): string {
  const options = [
    `--url ${url}`,
    ...(server.webhookSecrets || server.allowUnsigned ? [] : [`--secret-file ${dataDir}/webhook-secret`]),
    `--temporal ${temporal.address}`,
    ...(encryptionKeys ? [] : [`--encryption-key-file ${dataDir}/encryption-key`]),
    ...(temporal.namespace === 'default' ? [] : [`--namespace ${temporal.namespace}`]),
    ...(sandbox ? [`--notion ${sandbox.url}`, `--notion-token-file ${dataDir}/notion-sandbox-token`] : []),
  ];
  return `  npm run scenarios -- ${options.join(' \\\n    ')}`;
}

function secretOf({ server, dataDir }: Config): string {
  if (server.webhookSecrets) return 'as CALCOM_WEBHOOK_SECRET says';
  return server.allowUnsigned ? 'none: unsigned webhooks are allowed' : `in the file ${dataDir}/webhook-secret`;
}
