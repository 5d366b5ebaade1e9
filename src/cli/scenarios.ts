import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { type Command, InvalidArgumentError, Option } from 'commander';
import ms, { type StringValue } from 'ms';
import { createCipher, type KeyRing } from '../cipher.ts';
import { SANDBOX_CONTACTS_ID } from '../dev/notion-sandbox/sandbox.ts';
import { type MemberRow, openMemberRow } from '../dev/scenarios/member-row.ts';
import { runScenarios } from '../dev/scenarios/scenarios.ts';
import { openStartedRuns } from '../dev/scenarios/started-runs.ts';
import { createWebhook } from '../dev/scenarios/webhook.ts';
import { keyRingOf } from '../kept-secret.ts';
import { parseKeyRing } from '../key-ring.ts';
import { readNotionId } from '../notion-id.ts';
import { OperatorError } from '../operator-error.ts';
import { createDataConverter } from '../temporal/data-converter.ts';

interface Options {
  url: string;
  secret?: string;
  secretFile?: string;
  temporal?: string;
  namespace?: string;
  encryptionKeyFile?: string;
  notion?: string;
  notionToken?: string;
  notionTokenFile?: string;
  notionContactsDb?: string;
  memberEmail: string;
  patience: number;
}

const NOTES = `
What is not given is taken from CALCOM_WEBHOOK_SECRET, ENCRYPTION_KEYS, NOTION_TOKEN and NOTION_BUSINESSX_DB_ID; how to log
in to Temporal, from TEMPORAL_*. Without --temporal and --notion the answers are checked and their effects are not; without the
keys, no reminders either: Temporal holds them encrypted.

The bookings are made up, but the server takes them for real. They are cancelled afterwards, as Cal.com would, so that no
reminder goes out; with --notion the member's row is then made to say again what it said. In Temporal they stay for a while, as
cancelled.`;

export function addScenarios(program: Command): void {
  program
    .command('scenarios')
    .description('tries five cases on a running server: PASS or FAIL')
    .option('--url <url>', 'where the server listens', 'http://127.0.0.1:8000')
    .option('--secret <secret>', 'the webhook secret')
    .option('--secret-file <file>', 'a file with the webhook secret')
    .option('--temporal <host:port>', "the server's Temporal")
    .option('--namespace <name>', "the server's namespace in it")
    .option('--encryption-key-file <file>', 'a file with its encryption key, as npm start keeps it')
    .option('--notion <url>', "the Notion that the server's worker writes to, such as https://api.notion.com")
    .option('--notion-token <token>', 'its token')
    .option('--notion-token-file <file>', 'a file with its token')
    .option('--notion-contacts-db <link>', 'its contacts database, by link or id (default: that of the sandbox)')
    .option('--member-email <address>', 'a contact who is in a campaign', 'ada.moreau@example.com')
    .addOption(
      new Option('--patience <duration>', 'how long Temporal and Notion may take to show what happened')
        .argParser(duration)
        .default(ms('20s'), '20s'),
    )
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      process.exitCode = (await tryCases(options)) ? 0 : 1;
    });
}

async function tryCases(options: Options): Promise<boolean> {
  const { url, memberEmail, patience: patienceMs } = options;
  const secret = options.secret ?? contentOf(options.secretFile) ?? firstOf(process.env['CALCOM_WEBHOOK_SECRET']);
  const webhook = createWebhook(url.replace(/\/+$/, ''), secret);
  const row = options.notion ? await openRow(options.notion, options) : undefined;

  const keys = options.temporal === undefined ? undefined : keysOf(options.encryptionKeyFile);
  const client = options.temporal ? clientOf(options.temporal, options.namespace, keys) : undefined;
  try {
    const runs =
      client && (await openStartedRuns(client, { address: options.temporal!, canDecrypt: keys !== undefined }));
    const say = (line: string) => process.stdout.write(`${line}\n`);
    return await runScenarios({ webhook, runs, row, memberEmail, patienceMs }, say);
  } finally {
    await client?.connection.close();
  }
}

function clientOf(address: string, namespace: string | undefined, keys: KeyRing | undefined): Client {
  const given = loadClientConnectConfig();
  const connection = Connection.lazy({ ...given.connectionOptions, address });
  return new Client({
    connection,
    namespace: namespace ?? given.namespace ?? 'default',
    ...(keys && { dataConverter: createDataConverter(createCipher(keys)) }),
  });
}

/** Those that the server encrypts with: from the file in which it keeps its own, else from ENCRYPTION_KEYS. */
function keysOf(file: string | undefined): KeyRing | undefined {
  const kept = contentOf(file);
  const keys = kept === undefined ? process.env['ENCRYPTION_KEYS']?.trim() : keyRingOf(kept);
  if (!keys) return undefined;
  const ring = parseKeyRing(keys);
  if (typeof ring === 'string') throw new OperatorError(`${file ?? 'ENCRYPTION_KEYS'}: ${ring}`);
  return ring;
}

function openRow(baseUrl: string, options: Options): Promise<MemberRow> {
  const token = options.notionToken ?? contentOf(options.notionTokenFile) ?? process.env['NOTION_TOKEN'];
  if (!token)
    throw new OperatorError('--notion needs a token: give --notion-token, --notion-token-file or NOTION_TOKEN.');
  return openMemberRow({
    token,
    baseUrl: baseUrl.replace(/\/+$/, ''),
    contactsDatabaseId: contactsDatabaseOf(options.notionContactsDb) ?? SANDBOX_CONTACTS_ID,
    email: options.memberEmail,
  });
}

/** By the option, else by the setting; each may be a link. */
function contactsDatabaseOf(given: string | undefined): string | undefined {
  const name = given === undefined ? 'NOTION_BUSINESSX_DB_ID' : '--notion-contacts-db';
  const text = (given ?? process.env[name])?.trim();
  if (!text) return undefined;
  const reading = readNotionId(text);
  if ('fault' in reading) throw new OperatorError(`${name}: ${reading.fault}`);
  return reading.id;
}

function contentOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new OperatorError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** While secrets are being exchanged there are two; either will do. */
function firstOf(secrets: string | undefined): string | undefined {
  return secrets?.split(',')[0]?.trim() || undefined;
}

function duration(text: string): number {
  const durationMs = ms(text as StringValue);
  if (durationMs > 0) return durationMs;
  throw new InvalidArgumentError('expected a duration such as 20s');
}
