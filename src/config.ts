import { existsSync, readFileSync } from 'node:fs';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { BookingPlan, ReminderStep } from './booking-plan.ts';
import { choicesIn, Duration, durationOf, emptyAsDefault, listOf, nameOf } from './choice-shapes.ts';
import type { KeyRing } from './cipher.ts';
import { parseKeyRing } from './key-ring.ts';
import { isLoopback } from './loopback.ts';
import { readNotionId } from './notion-id.ts';
import { OperatorError } from './operator-error.ts';
import { NoticesSection, plansOf, ReminderChoices, unknownCampaigns } from './plan-choices.ts';
import { isSameName } from './same-name.ts';

/** Which process reads the settings: what is missing matters to one and not to another. */
export type Role = 'embedded' | 'server' | 'worker' | 'codec' | 'migrate' | 'client';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const NORMAL_MODE = {
  offsetsMs: [72 * HOUR_MS, 24 * HOUR_MS, 2 * HOUR_MS],
  thresholdMs: 2 * HOUR_MS,
  graceMs: HOUR_MS,
};
const TESTING_MODE = {
  offsetsMs: [6, 3, 1].map((minutes) => minutes * MINUTE_MS),
  thresholdMs: MINUTE_MS,
  graceMs: MINUTE_MS,
};

const Flag = z.enum(['true', 'false'], { error: 'expected true or false' }).transform((value) => value === 'true');

const KeepFor = z.string().transform((text, context) => {
  const durationMs = durationOf(text);
  if (durationMs >= DAY_MS && durationMs <= 3_660 * DAY_MS) return durationMs;
  context.addIssue({ code: 'custom', message: 'expected a duration of a day or more, such as 90d' });
  return z.NEVER;
});

const Durations = z.string().transform((text, context) => {
  const durations = text.split(',').map((part) => Duration.safeParse(part));
  const offsetsMs = durations.flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (offsetsMs.length === durations.length && new Set(offsetsMs).size === offsetsMs.length) return offsetsMs;
  context.addIssue({ code: 'custom', message: 'expected different durations, comma-separated, such as 72h,24h,2h' });
  return z.NEVER;
});

const Port = z
  .string()
  .regex(/^\d{1,5}$/, { error: 'expected a port number' })
  .transform(Number)
  .refine((port) => port <= 65_535, { error: 'expected a port number' });

const TimeZone = z.string().refine(isTimeZone, { error: 'expected an IANA time zone such as Europe/Berlin' });

const HttpUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
  .transform((url) => url.replace(/\/+$/, ''));

const SmtpUrl = z.url({ protocol: /^smtps?$/, error: 'expected smtp://user:password@host:port or smtps://…' });

const Secrets = z.string().transform((text, context) => {
  const secrets = text.split(',').map((secret) => secret.trim());
  if (secrets.length <= 2 && secrets.every((secret) => secret.length >= 8)) return secrets;
  context.addIssue({
    code: 'custom',
    message: 'expected one secret or two, comma-separated, of at least 8 characters each',
  });
  return z.NEVER;
});

/** Base64, as the Standard Webhooks have it. */
const WEBHOOK_SECRET = /^whsec_([A-Za-z0-9+/]{4}){4,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Resend shows them when a webhook is made. */
const WebhookSecrets = z.string().transform((text, context) => {
  const secrets = text.split(',').map((secret) => secret.trim());
  if (secrets.length <= 2 && secrets.every((secret) => WEBHOOK_SECRET.test(secret))) return secrets;
  context.addIssue({ code: 'custom', message: 'expected one secret or two, comma-separated, such as whsec_…' });
  return z.NEVER;
});

const DatabaseUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'expected postgresql://user:password@host:port/database',
});

const EncryptionKeys = z.string().transform((text, context): KeyRing => {
  const ring = parseKeyRing(text);
  if (typeof ring !== 'string') return ring;
  context.addIssue({ code: 'custom', message: ring });
  return z.NEVER;
});

const EmailAddress = z.string().regex(/^(?:[^<>@\s][^<>@]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, {
  error: 'expected one address, such as calls@example.com or Precall <calls@example.com>',
});

const NotionId = z.string().transform((text, context) => {
  const reading = readNotionId(text);
  if ('id' in reading) return reading.id;
  context.addIssue({ code: 'custom', message: reading.fault });
  return z.NEVER;
});

/** Of a data source the name will do: Notion shows it, but not the id, on its page. */
const NotionDataSource = z.string().transform((text) => {
  const reading = readNotionId(text.replace(/^collection:\/\//, ''));
  return 'id' in reading ? reading.id : text;
});

const RequestsPerMinute = z
  .string()
  .regex(/^\d{1,4}$/, { error: 'expected a number of requests, such as 150' })
  .transform(Number)
  .refine((count) => count >= 1 && count <= 3_000, { error: 'expected a number of requests, such as 150' });

const RequestsPerSecond = z
  .string()
  .regex(/^\d{1,3}$/, { error: 'expected a number of requests, such as 5' })
  .transform(Number)
  .refine((count) => count >= 1, { error: 'expected a number of requests, such as 5' });

/** Everything an operator can set in the environment; `.env.example` tells what each is for. */
export const Environment = z.object({
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/, { error: 'expected a host name or an address, without a port' })
    .default('127.0.0.1'),
  PORT: Port.default(8000),
  PUBLIC_URL: HttpUrl.optional(),
  CALCOM_WEBHOOK_SECRET: Secrets.optional(),
  ALLOW_UNSIGNED_WEBHOOKS: Flag.default(false),
  CALCOM_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{7,}$/, { error: 'expected a key such as cal_live_0123456789' })
    .optional(),
  CALCOM_BASE_URL: HttpUrl.default('https://api.cal.com'),
  RECONCILE_EVERY: Duration.default(10 * MINUTE_MS),
  TRUST_BOOKINGS_FOR: Duration.default(DAY_MS),
  TASK_QUEUE: z
    .string()
    .regex(/^[^'"\\]{1,200}$/, { error: 'expected at most 200 characters, and no quotes' })
    .default('precall'),
  DATABASE_URL: DatabaseUrl.optional(),
  DATA_DIR: z.string().default('.precall'),
  ENCRYPTION_KEYS: EncryptionKeys.optional(),
  INSTALLATION_KEY: z
    .string()
    .min(32, { error: 'expected at least 32 characters, best from `openssl rand -base64 32`' })
    .optional(),
  NOTION: z.enum(['on', 'off'], { error: 'expected on or off' }).default('on'),
  NOTION_TOKEN: z.string().optional(),
  NOTION_BUSINESSX_DB_ID: NotionId.optional(),
  NOTION_EMAIL_SEQUENCE_DB_ID: NotionId.optional(),
  NOTION_BUSINESSX_DATA_SOURCE: NotionDataSource.optional(),
  NOTION_EMAIL_SEQUENCE_DATA_SOURCE: NotionDataSource.optional(),
  NOTION_BASE_URL: HttpUrl.default('https://api.notion.com'),
  NOTION_REQUESTS_PER_MINUTE: RequestsPerMinute.default(150),
  SMTP_URL: SmtpUrl.optional(),
  RESEND_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,}$/, { error: 'expected a key such as re_0123456789' })
    .optional(),
  RESEND_BASE_URL: HttpUrl.default('https://api.resend.com'),
  RESEND_REQUESTS_PER_SECOND: RequestsPerSecond.default(5),
  RESEND_WEBHOOK_SECRET: WebhookSecrets.optional(),
  MAIL_EVENTS_SECRET: Secrets.optional(),
  AMBIGUOUS_MAILS: z.enum(['resend', 'never'], { error: 'expected resend or never' }).default('resend'),
  EMAIL_FROM: EmailAddress.optional(),
  EMAIL_REPLY_TO: EmailAddress.optional(),
  OWNER_EMAIL: EmailAddress.optional(),
  TEMPLATES_DIR: z.string().optional(),
  TIME_ZONE: TimeZone.default('UTC'),
  TESTING_MODE: Flag.default(false),
  REMINDER_OFFSETS: Durations.optional(),
  MEETING_THRESHOLD: Duration.optional(),
  KEEP_ATTENDEES_FOR: KeepFor.default(90 * DAY_MS),
  KEEP_BODIES_FOR: KeepFor.default(30 * DAY_MS),
  OPERATOR_TOKEN: z
    .string()
    .min(16, { error: 'expected at least 16 characters, best from `openssl rand -hex 32`' })
    .regex(/^[\w.~-]+$/, { error: 'expected letters, digits and . _ ~ - only' })
    .optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'expected a pino level, such as info',
    })
    .default('info'),
});

const PropertyName = nameOf('the name of a property, or its id');
/** Notion takes no comma in the name of an option: it could never be found. */
const OptionName = nameOf('the name of an option').refine((name) => !name.includes(','), {
  error: 'expected the name of an option, which holds no comma in Notion',
});

const ContactProperties = choicesIn(
  {
    email: PropertyName.default('email'),
    bookingStatus: PropertyName.default('Booking Status'),
    callDate: PropertyName.default('Diagnostic Call Date'),
    campaignStatus: PropertyName.default('Christmas Campaign Status'),
  },
  'email: E-mail',
).superRefine((contacts, context) => {
  const entries = Object.entries(contacts);
  for (const [index, [field, name]] of entries.entries()) {
    const same = entries.slice(0, index).find(([, other]) => other.normalize('NFC') === name.normalize('NFC'));
    if (same) context.addIssue({ code: 'custom', path: [field], message: `is the same property as ${same[0]}` });
  }
});

const SequenceProperties = choicesIn(
  {
    email: PropertyName.optional(),
    contact: PropertyName.optional(),
    campaign: PropertyName.default('Campaign'),
    emailsSent: listOf('the name of a property, or its id').default(
      [1, 2, 3, 4, 5, 6, 7].map((step) => `Email ${step} Sent`),
    ),
  },
  'email: E-mail',
)
  .refine(({ email, contact }) => email === undefined || contact === undefined, {
    error: 'expected email or contact, not both: a row is found by the one or by the other',
  })
  .transform(({ email = 'Email', contact, ...others }) => ({
    ...others,
    foundBy: contact === undefined ? { email } : { contact },
  }));

const OptionNames = choicesIn(
  {
    booked: OptionName.default('Booked'),
    cancelled: OptionName.default('Cancelled'),
    completed: OptionName.default('Completed'),
    noShow: OptionName.default('No-Show'),
    preCallPrep: OptionName.default('Pre-Call Prep'),
  },
  'booked: Scheduled',
);

const NotionSection = choicesIn(
  {
    contacts: emptyAsDefault(ContactProperties),
    sequence: emptyAsDefault(SequenceProperties),
    values: emptyAsDefault(OptionNames),
    keptStatuses: z.array(OptionName, { error: 'expected a list: the name of an option each' }).default([]),
    severalContacts: z
      .enum(['refuse', 'oldest', 'newest', 'prefer_campaign'], {
        error: 'expected refuse, oldest, newest or prefer_campaign',
      })
      .default('refuse'),
    noContact: z.enum(['report', 'create'], { error: 'expected report or create' }).default('report'),
    reminderSent: listOf('the name of a property, or its id').default([]),
  },
  'noContact: create',
).superRefine(({ values, keptStatuses, severalContacts, sequence }, context) => {
  const ours = Object.entries(values).filter(([value]) => value !== 'preCallPrep');
  for (const [index, name] of keptStatuses.entries()) {
    const same = ours.find(([, other]) => isSameName(other, name));
    if (same) {
      context.addIssue({
        code: 'custom',
        path: ['keptStatuses', index],
        message: `is what Precall itself writes as ${same[0]}: expected one that only people set`,
      });
    }
  }
  if (severalContacts === 'prefer_campaign' && 'email' in sequence.foundBy) {
    context.addIssue({
      code: 'custom',
      path: ['severalContacts'],
      message: 'prefer_campaign needs sequence.contact: an address alone does not tell contacts apart that share it',
    });
  }
});

/** The operator's choices, in `precall.yaml`; `precall.example.yaml` shows them all with their defaults. */
const Choices = choicesIn(
  {
    campaigns: z
      .array(nameOf('the name of a campaign'), { error: 'expected a list of campaign names' })
      .min(1, { error: 'expected a list of campaign names' })
      .default(['Christmas 2025']),
    campaignStatusFor: z
      .enum(['everybody', 'members'], { error: 'expected everybody or members' })
      .default('everybody'),
    reminders: ReminderChoices,
    mails: NoticesSection,
    grace: Duration.optional(),
    notion: emptyAsDefault(NotionSection),
  },
  'campaigns: [Christmas 2025]',
).superRefine(({ reminders, campaigns }, context) => {
  for (const path of unknownCampaigns(reminders, campaigns)) {
    context.addIssue({ code: 'custom', path: ['reminders', ...path], message: 'is not among campaigns' });
  }
});

/** As CALCOM_API_KEY: the stand-in of `npm start`, which knows the bookings made on it and no others. */
export const SANDBOX_API_KEY = 'sandbox';

/** How Cal.com's API is reached; without a key bookings are not read back. */
export interface CalcomSettings {
  apiKey: string | undefined;
  baseUrl: string;
}

/** How Resend's API is reached. */
export interface ResendSettings {
  apiKey: string;
  baseUrl: string;
  /** What all processes together may send. */
  requestsPerSecond: number;
}

export interface NotionSettings {
  token: string;
  baseUrl: string;
  contactsDatabaseId: string;
  sequenceDatabaseId: string;
  /** Which data source of the database, by its id or its exact name, where it holds several. */
  contactsDataSource?: string;
  sequenceDataSource?: string;
}

/** The operator's choices about Notion: what things are called there, and what to do where it is not as expected. */
export interface NotionChoices {
  /** HTTP requests per minute that all processes together may send. */
  requestsPerMinute: number;
  /** Properties of the contacts database, each by name or id. */
  contacts: { email: string; bookingStatus: string; callDate: string; campaignStatus: string };
  /** Properties of the Email Sequence database. A row belongs to a person by their address, or by a relation to their contact. */
  sequence: { foundBy: { email: string } | { contact: string }; campaign: string; emailsSent: readonly string[] };
  /** The options that say what has become of a contact's call. */
  values: { booked: string; cancelled: string; completed: string; noShow: string; preCallPrep: string };
  /** Names of the campaigns whose members count as such. */
  campaigns: readonly string[];
  /** Booking statuses that only people set: a contact that has one of these keeps it. */
  keptStatuses: readonly string[];
  /** Which contact is written to where several have the address. */
  severalContacts: 'refuse' | 'oldest' | 'newest' | 'prefer_campaign';
  /** What is done where no contact has the address. */
  noContact: 'report' | 'create';
  /** Date properties of the member's row that take the times when the first, second, … reminder was sent; none by default. */
  reminderSent: readonly string[];
}

export type Config = ReturnType<typeof loadConfig>;

/**
 * Reads the settings once, at start-up.
 *
 * @param choicesFile where the operator's choices are, if anywhere.
 * @throws {Error} listing every setting at fault, not just the first; never a value, which may be a secret.
 */
export function loadConfig(role: Role, env: NodeJS.ProcessEnv = process.env, choicesFile = 'precall.yaml') {
  // `NOTION_TOKEN=` in a .env file means "not set", not "the empty string"; a secret read from a file ends in a newline.
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
  const settings = Environment.safeParse(given);
  const faults = [...faultsIn(settings), ...missing(role, given)];
  const choices = Choices.safeParse(readChoices(choicesFile, faults));
  const temporal = readTemporal(given, faults);

  faults.push(...faultsIn(choices, choicesFile));
  if (!settings.success || !choices.success || !temporal || faults.length > 0) throw new ConfigError(faults);
  return describe(settings.data, choices.data, temporal);
}

function faultsIn({ error }: z.ZodSafeParseResult<unknown>, file?: string): string[] {
  return (error?.issues ?? []).map(({ path, message }) =>
    [...(file ? [file] : []), ...(path.length > 0 ? [path.join('.')] : []), message].join(': '),
  );
}

/** Settings are missing or cannot be understood; the message lists each by name. */
export class ConfigError extends OperatorError {
  override readonly name = 'ConfigError';

  constructor(faults: readonly string[]) {
    super(
      `Check these settings (.env.example tells what each is for):\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
}

/** Asking Intl about a name costs a millisecond; its list has most of those that it takes. */
const LISTED_TIME_ZONES = new Set(Intl.supportedValuesOf('timeZone'));

/** Whether `name` is a zone that Intl knows: an IANA name, not an offset such as +02:00. */
export function isTimeZone(name: string): boolean {
  if (LISTED_TIME_ZONES.has(name)) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function readChoices(file: string, faults: string[]): unknown {
  if (!existsSync(file)) return {};
  try {
    return parseYaml(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    faults.push(`${file}: cannot be read: ${messageOf(error).split('\n')[0]?.replace(/:$/, '')}`);
    return {};
  }
}

/** As Temporal's own tools read them, but what those pass over in silence is a fault: it would lead to another server. */
function readTemporal(given: Record<string, string>, faults: string[]) {
  const before = faults.length;
  const file = given['TEMPORAL_CONFIG_FILE'];
  if (file && !existsSync(file)) faults.push('TEMPORAL_CONFIG_FILE: there is no such file');
  for (const name of ['TEMPORAL_TLS', 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION']) {
    if (given[name] && !/^(true|false|1|0)$/.test(given[name])) faults.push(`${name}: expected true or false`);
  }
  if (given['TEMPORAL_API_KEY'] && /^(false|0)$/.test(given['TEMPORAL_TLS'] ?? '')) {
    faults.push('TEMPORAL_TLS: must not be false with TEMPORAL_API_KEY, which would travel in clear text');
  }
  if (given['TEMPORAL_ADDRESS'] && !/^[^\s/@]+$/.test(given['TEMPORAL_ADDRESS'])) {
    faults.push('TEMPORAL_ADDRESS: expected host:port, such as localhost:7233');
  }
  if (faults.length > before) return undefined;
  try {
    return {
      /** Whether the operator names a Temporal of their own, by address or by profile. */
      given: ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'].some((name) => given[name] !== undefined),
      ...loadClientConnectConfig({ overrideEnvVars: given }),
    };
  } catch (error) {
    faults.push(`TEMPORAL_*: ${whatTemporalSays(error)}`);
    return undefined;
  }
}

/** A TOML error quotes the lines around it, which may hold an API key. */
function whatTemporalSays(error: unknown): string {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code && path) return `the file ${path} cannot be read (${code})`;
  return messageOf(error).split('\n')[0]!;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const NOTION_SETTINGS = [
  'NOTION_TOKEN',
  'NOTION_BUSINESSX_DB_ID',
  'NOTION_EMAIL_SEQUENCE_DB_ID',
  'NOTION_BUSINESSX_DATA_SOURCE',
  'NOTION_EMAIL_SEQUENCE_DATA_SOURCE',
  'NOTION_BASE_URL',
];

function isNotionId(text: string): boolean {
  return 'id' in readNotionId(text.replace(/^collection:\/\//, ''));
}

/** What this role cannot do without. A part that is half configured is a fault for everyone: it would quietly not be used. */
function missing(role: Role, given: Record<string, string>): string[] {
  const faults: string[] = [];
  const need = (name: string, why: string) => given[name] === undefined && faults.push(`${name}: is required ${why}`);

  const someNotion = NOTION_SETTINGS.some((name) => given[name] !== undefined);
  if (given['NOTION'] !== 'off' && (role === 'worker' || someNotion)) {
    need('NOTION_TOKEN', 'unless NOTION=off');
    for (const database of ['NOTION_BUSINESSX', 'NOTION_EMAIL_SEQUENCE']) {
      const dataSource = given[`${database}_DATA_SOURCE`];
      if (dataSource === undefined) need(`${database}_DB_ID`, 'unless NOTION=off');
      else if (!isNotionId(dataSource)) need(`${database}_DB_ID`, 'with a data source that is given by its name');
    }
  }
  if (role === 'worker' && given['RESEND_API_KEY'] === undefined) {
    need('SMTP_URL', 'so that reminders can be sent, or RESEND_API_KEY');
  }
  if (given['RESEND_API_KEY'] !== undefined) {
    if (given['SMTP_URL'] !== undefined) faults.push('RESEND_API_KEY: is set, and so is SMTP_URL: set one of them');
    need('EMAIL_FROM', 'with RESEND_API_KEY: an address at a domain that is verified there');
  }
  if (role === 'server' || role === 'worker') {
    need('DATABASE_URL', 'so that all processes share what has arrived and what was sent');
  }
  if (role === 'server' || role === 'worker' || role === 'codec') {
    need(
      'ENCRYPTION_KEYS',
      'so that nobody else can read what is kept: id:key, the key from `openssl rand -base64 32`',
    );
  }
  if (given['SMTP_URL'] && !isLoopback(hostOf(given['SMTP_URL']))) {
    need('EMAIL_FROM', 'with SMTP_URL: mail servers refuse mail without a real sender');
  }
  if ((role === 'server' || role === 'worker') && given['CALCOM_API_KEY'] === SANDBOX_API_KEY) {
    faults.push('CALCOM_API_KEY: the sandbox is a part of `npm start` only');
  }
  if (given['ALLOW_UNSIGNED_WEBHOOKS'] === 'true') {
    if (!isLoopback(given['HOST'] ?? '127.0.0.1')) {
      faults.push('ALLOW_UNSIGNED_WEBHOOKS: is only possible while HOST is a loopback address such as 127.0.0.1');
    }
  } else if (role === 'server') {
    need('CALCOM_WEBHOOK_SECRET', 'so that only Cal.com can report bookings');
  }
  return faults;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function describe(
  settings: z.infer<typeof Environment>,
  choices: z.infer<typeof Choices>,
  temporal: NonNullable<ReturnType<typeof readTemporal>>,
) {
  return {
    server: {
      host: settings.HOST,
      port: settings.PORT,
      publicUrl: settings.PUBLIC_URL,
      webhookSecrets: settings.CALCOM_WEBHOOK_SECRET,
      allowUnsigned: settings.ALLOW_UNSIGNED_WEBHOOKS,
      operatorToken: settings.OPERATOR_TOKEN,
      resendWebhookSecrets: settings.RESEND_WEBHOOK_SECRET ?? [],
      mailEventsSecrets: settings.MAIL_EVENTS_SECRET ?? [],
    },
    temporal: { ...temporal, taskQueue: settings.TASK_QUEUE },
    store: {
      databaseUrl: settings.DATABASE_URL,
      keepAttendeesMs: settings.KEEP_ATTENDEES_FOR,
      keepBodiesMs: settings.KEEP_BODIES_FOR,
    },
    calcom: { apiKey: settings.CALCOM_API_KEY, baseUrl: settings.CALCOM_BASE_URL } satisfies CalcomSettings,
    reconcile: { everyMs: settings.RECONCILE_EVERY, trustForMs: settings.TRUST_BOOKINGS_FOR },
    encryptionKeys: settings.ENCRYPTION_KEYS,
    dataDir: settings.DATA_DIR,
    installationKey: settings.INSTALLATION_KEY,
    notion: notionOf(settings),
    notionChoices: notionChoicesOf(settings, choices),
    campaignStatusFor: choices.campaignStatusFor,
    email: {
      smtpUrl: settings.SMTP_URL,
      resend: resendOf(settings),
      ambiguousMails: settings.AMBIGUOUS_MAILS,
      from: settings.EMAIL_FROM ?? 'Precall <precall@localhost>',
      replyTo: settings.EMAIL_REPLY_TO,
      owner: settings.OWNER_EMAIL,
      templatesDir: settings.TEMPLATES_DIR,
    },
    reminders: planOf(settings, choices),
    timeZone: settings.TIME_ZONE,
    logLevel: settings.LOG_LEVEL,
  };
}

function resendOf(settings: z.infer<typeof Environment>): ResendSettings | undefined {
  const { RESEND_API_KEY: apiKey, RESEND_BASE_URL: baseUrl, RESEND_REQUESTS_PER_SECOND: requestsPerSecond } = settings;
  return apiKey === undefined ? undefined : { apiKey, baseUrl, requestsPerSecond };
}

/** Undefined while Notion is not set up: the embedded stack then stands in with its sandbox. */
function notionOf(settings: z.infer<typeof Environment>): NotionSettings | 'off' | undefined {
  if (settings.NOTION === 'off') return 'off';
  const { NOTION_TOKEN: token, NOTION_BASE_URL: baseUrl } = settings;
  const { NOTION_BUSINESSX_DATA_SOURCE: contactsDataSource } = settings;
  const { NOTION_EMAIL_SEQUENCE_DATA_SOURCE: sequenceDataSource } = settings;
  // The id of a data source leads to it by itself.
  const contactsDatabaseId = settings.NOTION_BUSINESSX_DB_ID ?? contactsDataSource;
  const sequenceDatabaseId = settings.NOTION_EMAIL_SEQUENCE_DB_ID ?? sequenceDataSource;
  if (!token || !contactsDatabaseId || !sequenceDatabaseId) return undefined;
  return {
    token,
    baseUrl,
    contactsDatabaseId,
    sequenceDatabaseId,
    ...(contactsDataSource && { contactsDataSource }),
    ...(sequenceDataSource && { sequenceDataSource }),
  };
}

/** The original names, and nothing done that was not asked for. */
export const DEFAULT_NOTION_CHOICES = notionChoicesOf(Environment.parse({}), Choices.parse({}));

function notionChoicesOf(settings: z.infer<typeof Environment>, choices: z.infer<typeof Choices>): NotionChoices {
  return {
    ...choices.notion,
    campaigns: choices.campaigns,
    requestsPerMinute: settings.NOTION_REQUESTS_PER_MINUTE,
  };
}

/** What the environment says of offsets goes for the usual reminders, whatever the operator's plan has for them. */
function planOf(settings: z.infer<typeof Environment>, choices: z.infer<typeof Choices>): BookingPlan {
  const mode = settings.TESTING_MODE ? TESTING_MODE : NORMAL_MODE;
  const { usual, special } = plansOf(choices.reminders, choices.campaigns);
  const offsetsMs = settings.REMINDER_OFFSETS ?? (settings.TESTING_MODE || !usual ? mode.offsetsMs : undefined);
  return {
    ...usual,
    steps: offsetsMs ? stepsOf(offsetsMs) : (usual?.steps ?? []),
    ...(special.length > 0 && { special }),
    notices: choices.mails,
    thresholdMs: settings.MEETING_THRESHOLD ?? mode.thresholdMs,
    graceMs: choices.grace ?? mode.graceMs,
  };
}

/** The first reminder helps to prepare, the last one is short; whatever lies between is the day-before mail. */
function stepsOf(offsetsMs: readonly number[]): ReminderStep[] {
  return offsetsMs
    .toSorted((a, b) => b - a)
    .map((offsetMs, index, { length }) => {
      const template = index === length - 1 ? '2h' : index === 0 ? '72h' : '24h';
      return { offsetMs, template };
    });
}
