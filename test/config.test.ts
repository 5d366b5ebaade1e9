import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, isTimeZone, loadConfig, type Role } from '../src/config.ts';
import { templatesOf } from '../src/plan-choices.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, USUAL_NOTICES } from './support/a-booking.ts';

type Settings = Record<string, string | undefined>;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder of its own for each test, with these files. */
function folderWith(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'precall-config-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function load(env: Settings = {}, role: Role = 'embedded', choices?: string) {
  const folder = folderWith(choices === undefined ? {} : { 'precall.yaml': choices });
  return loadConfig(role, env, join(folder, 'precall.yaml'));
}

/** What is said to be wrong, a line for each fault; the choices' file by its name alone. */
function faultsOf(env: Settings, role: Role = 'embedded', choices?: string): string[] {
  try {
    load(env, role, choices);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [heading, ...faults] = error.message.split('\n');
    expect(heading).toBe('Check these settings (.env.example tells what each is for):');
    return faults.map((fault) => fault.trim().replace(/^\S*\/precall\.yaml/, 'precall.yaml'));
  }
  return [];
}

const NOTION = {
  NOTION_TOKEN: 'ntn_0123456789',
  NOTION_BUSINESSX_DB_ID: '1f2e3d4c5b6a47988a9b0c1d2e3f4a5b',
  NOTION_EMAIL_SEQUENCE_DB_ID: '2a3b4c5d-6e7f-4801-9b2c-3d4e5f6a7b8c',
};
/** The original names, and nothing done that nobody has asked for. */
const NOTION_CHOICES = {
  requestsPerMinute: 150,
  contacts: {
    email: 'email',
    bookingStatus: 'Booking Status',
    callDate: 'Diagnostic Call Date',
    campaignStatus: 'Christmas Campaign Status',
  },
  sequence: {
    foundBy: { email: 'Email' },
    campaign: 'Campaign',
    emailsSent: [1, 2, 3, 4, 5, 6, 7].map((number) => `Email ${number} Sent`),
  },
  values: {
    booked: 'Booked',
    cancelled: 'Cancelled',
    completed: 'Completed',
    noShow: 'No-Show',
    preCallPrep: 'Pre-Call Prep',
  },
  campaigns: ['Christmas 2025'],
  keptStatuses: [],
  severalContacts: 'refuse',
  noContact: 'report',
  reminderSent: [],
};
const A_KEY = Buffer.alloc(32, 'k').toString('base64');
const DATABASE_URL = 'postgresql://precall:password@db.example:5432/precall';
/** What server and worker share. */
const SHARED = { DATABASE_URL, ENCRYPTION_KEYS: `first:${A_KEY}` };
const MAIL = { SMTP_URL: 'smtps://user:password@mail.example:465', EMAIL_FROM: 'calls@example.com' };
const RESEND = { RESEND_API_KEY: 're_0123456789', EMAIL_FROM: 'calls@example.com' };
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(24, 's').toString('base64')}`;

describe('without any setting', () => {
  it('the embedded stack has all it needs', () => {
    expect(load()).toEqual({
      server: {
        host: '127.0.0.1',
        port: 8000,
        publicUrl: undefined,
        webhookSecrets: undefined,
        allowUnsigned: false,
        operatorToken: undefined,
        resendWebhookSecrets: [],
        mailEventsSecrets: [],
      },
      temporal: { given: false, namespace: undefined, connectionOptions: {}, taskQueue: 'precall' },
      store: { databaseUrl: undefined, keepAttendeesMs: 90 * DAY_MS, keepBodiesMs: 30 * DAY_MS },
      calcom: { apiKey: undefined, baseUrl: 'https://api.cal.com' },
      reconcile: { everyMs: 600_000, trustForMs: DAY_MS },
      encryptionKeys: undefined,
      dataDir: '.precall',
      installationKey: undefined,
      notion: undefined,
      notionChoices: NOTION_CHOICES,
      campaignStatusFor: 'everybody',
      email: {
        smtpUrl: undefined,
        resend: undefined,
        ambiguousMails: 'resend',
        from: 'Precall <precall@localhost>',
        replyTo: undefined,
      },
      reminders: {
        steps: [
          { offsetMs: 72 * HOUR_MS, template: '72h' },
          { offsetMs: 24 * HOUR_MS, template: '24h' },
          { offsetMs: 2 * HOUR_MS, template: '2h' },
        ],
        notices: USUAL_NOTICES,
        thresholdMs: 2 * HOUR_MS,
        graceMs: HOUR_MS,
      },
      timeZone: 'UTC',
      logLevel: 'info',
    });
  });

  const needed = [
    'DATABASE_URL: is required so that all processes share what has arrived and what was sent',
    'ENCRYPTION_KEYS: is required so that nobody else can read what is kept: id:key, the key from `openssl rand -base64 32`',
  ];

  it('a server lacks the secret, the database and the keys', () => {
    expect(faultsOf({}, 'server')).toEqual([
      ...needed,
      'CALCOM_WEBHOOK_SECRET: is required so that only Cal.com can report bookings',
    ]);
    expect(faultsOf({ ...SHARED, CALCOM_WEBHOOK_SECRET: 'cal-fixture-secret' }, 'server')).toEqual([]);
    expect(faultsOf({ ...SHARED, ALLOW_UNSIGNED_WEBHOOKS: 'true' }, 'server')).toEqual([]);
  });

  it('a codec server lacks the keys alone, and the migration of the database nothing', () => {
    expect(faultsOf({}, 'codec')).toEqual([needed[1]]);
    expect(faultsOf({}, 'migrate')).toEqual([]);
    expect(faultsOf({}, 'client')).toEqual([]);
  });

  it('a worker lacks a mail server and Notion as well', () => {
    expect(faultsOf({}, 'worker')).toEqual([
      'NOTION_TOKEN: is required unless NOTION=off',
      'NOTION_BUSINESSX_DB_ID: is required unless NOTION=off',
      'NOTION_EMAIL_SEQUENCE_DB_ID: is required unless NOTION=off',
      'SMTP_URL: is required so that reminders can be sent, or RESEND_API_KEY',
      ...needed,
    ]);
    expect(faultsOf({ ...SHARED, ...MAIL, ...NOTION }, 'worker')).toEqual([]);
    expect(faultsOf({ ...SHARED, ...MAIL, NOTION: 'off' }, 'worker')).toEqual([]);
    expect(faultsOf({ ...SHARED, ...RESEND, NOTION: 'off' }, 'worker')).toEqual([]);
  });
});

describe('a setting', () => {
  it.each<[string, string, (config: ReturnType<typeof load>) => unknown, unknown]>([
    ['HOST', '0.0.0.0', ({ server }) => server.host, '0.0.0.0'],
    ['HOST', '::1', ({ server }) => server.host, '::1'],
    ['PORT', '0', ({ server }) => server.port, 0],
    ['PORT', '65535', ({ server }) => server.port, 65_535],
    ['PUBLIC_URL', 'https://calls.example.com/', ({ server }) => server.publicUrl, 'https://calls.example.com'],
    ['CALCOM_WEBHOOK_SECRET', 'a secret', ({ server }) => server.webhookSecrets, ['a secret']],
    [
      'CALCOM_WEBHOOK_SECRET',
      'new-secret, old-secret',
      ({ server }) => server.webhookSecrets,
      ['new-secret', 'old-secret'],
    ],
    ['ALLOW_UNSIGNED_WEBHOOKS', 'true', ({ server }) => server.allowUnsigned, true],
    ['ALLOW_UNSIGNED_WEBHOOKS', 'false', ({ server }) => server.allowUnsigned, false],
    ['TASK_QUEUE', 'calls', ({ temporal }) => temporal.taskQueue, 'calls'],
    ['DATA_DIR', '/var/lib/precall', ({ dataDir }) => dataDir, '/var/lib/precall'],
    ['INSTALLATION_KEY', 'k'.repeat(32), ({ installationKey }) => installationKey, 'k'.repeat(32)],
    ['DATABASE_URL', DATABASE_URL, ({ store }) => store.databaseUrl, DATABASE_URL],
    ['ENCRYPTION_KEYS', `a:${A_KEY}`, ({ encryptionKeys }) => encryptionKeys?.map(({ id }) => id), ['a']],
    ['KEEP_ATTENDEES_FOR', '2y', ({ store }) => store.keepAttendeesMs, 730.5 * DAY_MS],
    ['KEEP_BODIES_FOR', '7d', ({ store }) => store.keepBodiesMs, 7 * DAY_MS],
    ['OPERATOR_TOKEN', 'token-of-the-operator', ({ server }) => server.operatorToken, 'token-of-the-operator'],
    ['NOTION', 'off', ({ notion }) => notion, 'off'],
    ['SMTP_URL', 'smtp://127.0.0.1:25', ({ email }) => email.smtpUrl, 'smtp://127.0.0.1:25'],
    ['TEMPLATES_DIR', 'my-templates', ({ email }) => email.templatesDir, 'my-templates'],
    ['AMBIGUOUS_MAILS', 'never', ({ email }) => email.ambiguousMails, 'never'],
    ['RESEND_WEBHOOK_SECRET', WEBHOOK_SECRET, ({ server }) => server.resendWebhookSecrets, [WEBHOOK_SECRET]],
    [
      'RESEND_WEBHOOK_SECRET',
      `${WEBHOOK_SECRET}, ${WEBHOOK_SECRET}`,
      ({ server }) => server.resendWebhookSecrets,
      [WEBHOOK_SECRET, WEBHOOK_SECRET],
    ],
    ['MAIL_EVENTS_SECRET', 'a secret', ({ server }) => server.mailEventsSecrets, ['a secret']],
    ['EMAIL_FROM', 'calls@example.com', ({ email }) => email.from, 'calls@example.com'],
    ['EMAIL_FROM', 'The calls <calls@example.com>', ({ email }) => email.from, 'The calls <calls@example.com>'],
    ['EMAIL_REPLY_TO', 'me@example.com', ({ email }) => email.replyTo, 'me@example.com'],
    ['OWNER_EMAIL', 'Olga <olga@example.com>', ({ email }) => email.owner, 'Olga <olga@example.com>'],
    ['TIME_ZONE', 'Asia/Kathmandu', ({ timeZone }) => timeZone, 'Asia/Kathmandu'],
    ['LOG_LEVEL', 'debug', ({ logLevel }) => logLevel, 'debug'],
    ['MEETING_THRESHOLD', '90m', ({ reminders }) => reminders.thresholdMs, 90 * MINUTE_MS],
    ['MEETING_THRESHOLD', ' 1.5 hours ', ({ reminders }) => reminders.thresholdMs, 90 * MINUTE_MS],
    ['MEETING_THRESHOLD', '1s', ({ reminders }) => reminders.thresholdMs, 1_000],
  ])('%s=%s counts', (name, value, read, expected) => {
    expect(read(load({ [name]: value }))).toEqual(expected);
  });

  it.each<[string, string, string]>([
    ['HOST', 'http://localhost', 'expected a host name or an address, without a port'],
    ['PORT', 'abc', 'expected a port number'],
    ['PORT', '65536', 'expected a port number'],
    ['PORT', '-1', 'expected a port number'],
    ['PORT', '80.5', 'expected a port number'],
    ['PORT', '0x50', 'expected a port number'],
    ['PUBLIC_URL', 'calls.example.com', 'expected an http or https URL'],
    ['PUBLIC_URL', 'ftp://calls.example.com', 'expected an http or https URL'],
    ['CALCOM_WEBHOOK_SECRET', 'short', 'expected one secret or two, comma-separated, of at least 8 characters each'],
    [
      'CALCOM_WEBHOOK_SECRET',
      'secret-1,secret-2,secret-3',
      'expected one secret or two, comma-separated, of at least 8 characters each',
    ],
    [
      'CALCOM_WEBHOOK_SECRET',
      'secret-1,',
      'expected one secret or two, comma-separated, of at least 8 characters each',
    ],
    ['ALLOW_UNSIGNED_WEBHOOKS', 'yes', 'expected true or false'],
    ['TASK_QUEUE', 'q'.repeat(201), 'expected at most 200 characters, and no quotes'],
    ['TASK_QUEUE', "it's", 'expected at most 200 characters, and no quotes'],
    ['DATABASE_URL', 'mysql://db.example/precall', 'expected postgresql://user:password@host:port/database'],
    ['DATABASE_URL', 'db.example', 'expected postgresql://user:password@host:port/database'],
    ['ENCRYPTION_KEYS', A_KEY, 'key 1: expected id:key, the key from `openssl rand -base64 32`'],
    ['OPERATOR_TOKEN', 'short', 'expected at least 16 characters, best from `openssl rand -hex 32`'],
    ['OPERATOR_TOKEN', 'with blanks in between', 'expected letters, digits and . _ ~ - only'],
    ['KEEP_ATTENDEES_FOR', '90', 'expected a duration of a day or more, such as 90d'],
    ['KEEP_BODIES_FOR', '1h', 'expected a duration of a day or more, such as 90d'],
    ['INSTALLATION_KEY', 'too short', 'expected at least 32 characters, best from `openssl rand -base64 32`'],
    ['NOTION', 'maybe', 'expected on or off'],
    ['SMTP_URL', 'mail.example', 'expected smtp://user:password@host:port or smtps://…'],
    ['SMTP_URL', 'https://mail.example', 'expected smtp://user:password@host:port or smtps://…'],
    ['RESEND_API_KEY', 're 0', 'expected a key such as re_0123456789'],
    ['RESEND_BASE_URL', 'resend', 'expected an http or https URL'],
    ['RESEND_REQUESTS_PER_SECOND', '0', 'expected a number of requests, such as 5'],
    ['RESEND_REQUESTS_PER_SECOND', '5/s', 'expected a number of requests, such as 5'],
    ['RESEND_WEBHOOK_SECRET', 'whsec_', 'expected one secret or two, comma-separated, such as whsec_…'],
    ['RESEND_WEBHOOK_SECRET', `${WEBHOOK_SECRET}A`, 'expected one secret or two, comma-separated, such as whsec_…'],
    ['MAIL_EVENTS_SECRET', 'short', 'expected one secret or two, comma-separated, of at least 8 characters each'],
    ['AMBIGUOUS_MAILS', 'always', 'expected resend or never'],
    ['EMAIL_FROM', 'nobody', 'expected one address, such as calls@example.com or Precall <calls@example.com>'],
    [
      'EMAIL_FROM',
      'a@example.com, b@example.com',
      'expected one address, such as calls@example.com or Precall <calls@example.com>',
    ],
    [
      'EMAIL_REPLY_TO',
      'A <a@example.com> B',
      'expected one address, such as calls@example.com or Precall <calls@example.com>',
    ],
    ['TIME_ZONE', 'Atlantis', 'expected an IANA time zone such as Europe/Berlin'],
    ['NOTION_REQUESTS_PER_MINUTE', '0', 'expected a number of requests, such as 150'],
    ['NOTION_REQUESTS_PER_MINUTE', '2.5', 'expected a number of requests, such as 150'],
    ['TIME_ZONE', '+02:00', 'expected an IANA time zone such as Europe/Berlin'],
    ['TESTING_MODE', 'on', 'expected true or false'],
    ['LOG_LEVEL', 'loud', 'expected a pino level, such as info'],
    ['MEETING_THRESHOLD', '2', 'expected a duration such as 72h, 30m or 45s, a year at most'],
    ['MEETING_THRESHOLD', '-2h', 'expected a duration such as 72h, 30m or 45s, a year at most'],
    ['MEETING_THRESHOLD', '0h', 'expected a duration such as 72h, 30m or 45s, a year at most'],
    ['MEETING_THRESHOLD', '5 fortnights', 'expected a duration such as 72h, 30m or 45s, a year at most'],
    ['MEETING_THRESHOLD', '999999y', 'expected a duration such as 72h, 30m or 45s, a year at most'],
    ['MEETING_THRESHOLD', `${'1'.repeat(200)}h`, 'expected a duration such as 72h, 30m or 45s, a year at most'],
    ['REMINDER_OFFSETS', '72,24,2', 'expected different durations, comma-separated, such as 72h,24h,2h'],
    ['REMINDER_OFFSETS', '72h,,2h', 'expected different durations, comma-separated, such as 72h,24h,2h'],
    ['REMINDER_OFFSETS', '2h,120m', 'expected different durations, comma-separated, such as 72h,24h,2h'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233', 'expected host:port, such as localhost:7233'],
    ['TEMPORAL_TLS', 'yes', 'expected true or false'],
    ['TEMPORAL_CONFIG_FILE', '/nowhere/temporal.toml', 'there is no such file'],
  ])('%s=%s is a fault', (name, value, expected) => {
    expect(faultsOf({ EMAIL_FROM: 'calls@example.com', [name]: value })).toEqual([`${name}: ${expected}`]);
  });

  it('that is empty or blank is not set', () => {
    const names = [
      'HOST',
      'PORT',
      'PUBLIC_URL',
      'CALCOM_WEBHOOK_SECRET',
      'ALLOW_UNSIGNED_WEBHOOKS',
      'CALCOM_API_KEY',
      'CALCOM_BASE_URL',
      'RECONCILE_EVERY',
      'TRUST_BOOKINGS_FOR',
      'TASK_QUEUE',
      'DATA_DIR',
      'INSTALLATION_KEY',
      'DATABASE_URL',
      'ENCRYPTION_KEYS',
      'KEEP_ATTENDEES_FOR',
      'KEEP_BODIES_FOR',
      'OPERATOR_TOKEN',
      'NOTION',
      'NOTION_TOKEN',
      'NOTION_BUSINESSX_DB_ID',
      'NOTION_EMAIL_SEQUENCE_DB_ID',
      'NOTION_BUSINESSX_DATA_SOURCE',
      'NOTION_EMAIL_SEQUENCE_DATA_SOURCE',
      'NOTION_REQUESTS_PER_MINUTE',
      'NOTION_BASE_URL',
      'SMTP_URL',
      'RESEND_API_KEY',
      'RESEND_BASE_URL',
      'RESEND_REQUESTS_PER_SECOND',
      'RESEND_WEBHOOK_SECRET',
      'MAIL_EVENTS_SECRET',
      'AMBIGUOUS_MAILS',
      'EMAIL_FROM',
      'EMAIL_REPLY_TO',
      'OWNER_EMAIL',
      'TIME_ZONE',
      'TESTING_MODE',
      'REMINDER_OFFSETS',
      'MEETING_THRESHOLD',
      'LOG_LEVEL',
      'TEMPORAL_ADDRESS',
      'TEMPORAL_NAMESPACE',
      'TEMPORAL_PROFILE',
      'TEMPORAL_CONFIG_FILE',
      'TEMPORAL_API_KEY',
      'TEMPORAL_TLS',
    ];

    for (const nothing of ['', '  ', undefined]) {
      expect(load(Object.fromEntries(names.map((name) => [name, nothing])))).toEqual(load());
    }
    expect(faultsOf({ ...SHARED, CALCOM_WEBHOOK_SECRET: ' ' }, 'server')).toHaveLength(1);
  });

  it('has no blanks around it, as a secret that was read from a file has', () => {
    const config = load({ ...NOTION, NOTION_TOKEN: ' ntn_0123456789\n', PORT: ' 80 ', TIME_ZONE: 'Europe/Berlin\r\n' });

    expect(config).toMatchObject({
      notion: { token: 'ntn_0123456789' },
      server: { port: 80 },
      timeZone: 'Europe/Berlin',
    });
  });

  it('of somebody else’s is left alone', () => {
    expect(load({ PATH: '/bin', HOME: '/root', SOMETHING: 'else' })).toEqual(load());
  });
});

describe('several faults', () => {
  const canaries = {
    PORT: 'canary-port',
    CALCOM_WEBHOOK_SECRET: 'canary',
    CALCOM_API_KEY: 'canary key',
    CALCOM_BASE_URL: 'canary-url',
    RECONCILE_EVERY: 'canary-often',
    TRUST_BOOKINGS_FOR: 'canary-long',
    INSTALLATION_KEY: 'canary-key',
    DATABASE_URL: 'mysql://canary:canary@db.example',
    ENCRYPTION_KEYS: 'canary',
    OPERATOR_TOKEN: 'canary',
    NOTION_TOKEN: 'canary-token',
    NOTION_BUSINESSX_DB_ID: 'canary-id',
    NOTION_BASE_URL: 'canary-url',
    SMTP_URL: 'canary-user:canary-password@mail.example',
    RESEND_API_KEY: 'canary key',
    RESEND_WEBHOOK_SECRET: 'canary',
    MAIL_EVENTS_SECRET: 'canary',
    EMAIL_FROM: 'canary',
    TIME_ZONE: 'canary/zone',
    REMINDER_OFFSETS: 'canary',
    LOG_LEVEL: 'canary',
    TEMPORAL_ADDRESS: 'https://canary:7233',
    TEMPORAL_API_KEY: 'canary-api-key',
    TEMPORAL_TLS: 'false',
  };

  it('are listed all at once, each by its name', () => {
    const named = faultsOf(
      { ...canaries, ALLOW_UNSIGNED_WEBHOOKS: 'true', HOST: '0.0.0.0' },
      'worker',
      'campaigns: []',
    );

    for (const name of [...Object.keys(canaries), 'NOTION_EMAIL_SEQUENCE_DB_ID', 'ALLOW_UNSIGNED_WEBHOOKS']) {
      if (name !== 'NOTION_TOKEN' && name !== 'TEMPORAL_API_KEY')
        expect(named.join('\n')).toMatch(new RegExp(`^${name}: `, 'm'));
    }
    expect(named.at(-1)).toBe('precall.yaml: campaigns: expected a list of campaign names');
  });

  it('are listed without what the settings say, which may be a secret', () => {
    expect(faultsOf(canaries, 'worker').join('\n')).not.toMatch(/canary|(mail|db)\.example/);
  });
});

describe('the reminders', () => {
  const stepsOf = (env: Settings) => load(env).reminders.steps.map(({ offsetMs, template }) => [offsetMs, template]);

  it('come minutes before the call in testing mode', () => {
    expect(load({ TESTING_MODE: 'true' }).reminders).toEqual({
      steps: [
        { offsetMs: 6 * MINUTE_MS, template: '72h' },
        { offsetMs: 3 * MINUTE_MS, template: '24h' },
        { offsetMs: MINUTE_MS, template: '2h' },
      ],
      notices: USUAL_NOTICES,
      thresholdMs: MINUTE_MS,
      graceMs: MINUTE_MS,
    });
  });

  it.each(['true', 'false'])('come when the operator says, whatever the mode: TESTING_MODE=%s', (TESTING_MODE) => {
    const settings = { TESTING_MODE, REMINDER_OFFSETS: '30s, 10s,20s', MEETING_THRESHOLD: '5s' };

    expect(load(settings, 'embedded', 'grace: 10s').reminders).toEqual({
      steps: [
        { offsetMs: 30_000, template: '72h' },
        { offsetMs: 20_000, template: '24h' },
        { offsetMs: 10_000, template: '2h' },
      ],
      notices: USUAL_NOTICES,
      thresholdMs: 5_000,
      graceMs: 10_000,
    });
  });

  it('are given the first mail first, the short one last, and the day-before mail between', () => {
    expect(stepsOf({ REMINDER_OFFSETS: '2h' })).toEqual([[2 * HOUR_MS, '2h']]);
    expect(stepsOf({ REMINDER_OFFSETS: '1h,7d' })).toEqual([
      [7 * DAY_MS, '72h'],
      [HOUR_MS, '2h'],
    ]);
    expect(stepsOf({ REMINDER_OFFSETS: '7d,3d,1d,1h' }).map(([, template]) => template)).toEqual([
      '72h',
      '24h',
      '24h',
      '2h',
    ]);
  });
});

describe('the plans of the operator', () => {
  const planOf = (choices: string, env: Settings = {}) => load(env, 'embedded', choices).reminders;
  const TWO_PLANS = `
campaigns: [Christmas 2025]
reminders:
  - for: {eventTypes: [intro-call, 42], campaigns: [" christmas 2025"]}
    steps:
      - {before: 2h, template: 2h, when: unconfirmed}
      - {before: 3d, template: own-mail, late: merge, calendarFile: true}
    quietHours: {from: "21:00", to: "08:00"}
  - steps: [{before: 1h, template: 2h}]
`;

  it('hold for all bookings, or for some', () => {
    expect(planOf(TWO_PLANS)).toMatchObject({
      steps: [{ offsetMs: HOUR_MS, template: '2h' }],
      special: [
        {
          for: { eventTypes: ['intro-call', '42'], campaigns: ['Christmas 2025'] },
          steps: [
            { offsetMs: 3 * DAY_MS, template: 'own-mail', late: 'merge', calendarFile: true },
            { offsetMs: 2 * HOUR_MS, template: '2h', when: 'unconfirmed' },
          ],
          quietHours: { from: '21:00', to: '08:00' },
        },
      ],
    });
  });

  it('leave the usual reminders to all others where they say nothing of them', () => {
    const { steps, special } = planOf('reminders: [{for: {eventTypes: [intro]}, steps: []}]');

    expect(steps).toEqual(load().reminders.steps);
    expect(special).toEqual([{ for: { eventTypes: ['intro'] }, steps: [] }]);
  });

  it('give way to the offsets of the environment, but for quiet hours and what is for some only', () => {
    const quiet = TWO_PLANS.replace('- steps: [', '- quietHours: {from: "22:00", to: "07:00"}\n    steps: [');
    const inTests = planOf(quiet, { TESTING_MODE: 'true' });

    expect(inTests.steps).toEqual(load({ TESTING_MODE: 'true' }).reminders.steps);
    expect(inTests.quietHours).toEqual({ from: '22:00', to: '07:00' });
    expect(inTests.special).toEqual(planOf(TWO_PLANS).special);
    expect(planOf(quiet, { REMINDER_OFFSETS: '5h' }).steps).toEqual([{ offsetMs: 5 * HOUR_MS, template: '2h' }]);
  });

  it('name each mail that is needed once', () => {
    expect(templatesOf(planOf(TWO_PLANS))).toEqual(['2h', 'own-mail']);
  });

  it('say what is told', () => {
    const { notices } = planOf('mails: {confirmation: true, noShow: [2d, 1h], host: {booked: false}}');

    expect(notices).toEqual({
      ...USUAL_NOTICES,
      confirmation: true,
      noShowAfterMs: [HOUR_MS, 2 * DAY_MS],
      host: { ...USUAL_NOTICES.host, booked: false },
    });
    expect(planOf('mails: {noShow: []}').notices.noShowAfterMs).toEqual([]);
  });

  it('have all their faults listed at once', () => {
    const choices = `
reminders:
  - for: {campaigns: [Spring 2026]}
    steps: [{before: 24, template: "../secrets", when: never, late: maybe, calendarFile: 1}]
  - for: {}
    steps: [{before: 1h, template: 2h}, {before: 60m, template: 2h}]
  - steps: []
    quietHours: {from: "21:00", to: "21:00"}
  - quietHours: {from: "9 pm"}
mails: {noShow: [1h, 2h, 3h], host: {asked: true}, moved: sometimes}
`;

    expect(faultsOf({}, 'embedded', choices)).toEqual([
      'precall.yaml: reminders.0.steps.0.before: expected a duration such as 72h',
      'precall.yaml: reminders.0.steps.0.template: expected the name of a mail, of letters, digits and hyphens',
      'precall.yaml: reminders.0.steps.0.when: expected always, members, others or unconfirmed',
      'precall.yaml: reminders.0.steps.0.late: expected skip or merge',
      'precall.yaml: reminders.0.steps.0.calendarFile: expected true or false',
      'precall.yaml: reminders.1.for: expected eventTypes, campaigns, or both',
      'precall.yaml: reminders.1.steps: expected reminders at different times before the call',
      'precall.yaml: reminders.2.quietHours: expected two different times',
      'precall.yaml: reminders.3.steps: expected a list of reminders, such as `- before: 24h`',
      'precall.yaml: reminders.3.quietHours.from: expected a time such as "21:00"',
      'precall.yaml: reminders.3.quietHours.to: expected a time such as "21:00"',
      'precall.yaml: mails.moved: expected true or false',
      'precall.yaml: mails.noShow: expected two mails at most',
      'precall.yaml: mails.host: there is no choice called asked',
    ]);
  });

  it.each([
    ['reminders: 24h', 'precall.yaml: reminders: expected a list of plans, such as `- steps:`'],
    [
      'reminders: [{steps: []}, {steps: []}]',
      'precall.yaml: reminders: expected one plan without `for` at most: it is for all bookings that no other is for',
    ],
    [
      'reminders: [{for: {campaigns: [Spring 2026]}, steps: []}]',
      'precall.yaml: reminders.0.for.campaigns.0: is not among campaigns',
    ],
    ['mails: {noShow: [1h, 60m]}', 'precall.yaml: mails.noShow: expected different durations'],
  ])('are at fault when they say %j', (choices, fault) => {
    expect(faultsOf({}, 'embedded', choices)).toEqual([fault]);
  });
});

describe('Notion', () => {
  it('is set up by its token and both databases, ids in either spelling', () => {
    expect(load(NOTION).notion).toEqual({
      token: 'ntn_0123456789',
      baseUrl: 'https://api.notion.com',
      contactsDatabaseId: '1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b',
      sequenceDatabaseId: '2a3b4c5d-6e7f-4801-9b2c-3d4e5f6a7b8c',
    });
    expect(load({ ...NOTION, NOTION_BASE_URL: 'http://127.0.0.1:9/' }).notion).toMatchObject({
      baseUrl: 'http://127.0.0.1:9',
    });
  });

  it('may be off, whatever else is set', () => {
    expect(load({ ...NOTION, NOTION: 'off' }).notion).toBe('off');
  });

  it.each([...Object.keys(NOTION), 'NOTION_BASE_URL'])('is not set up by %s alone, which is a fault', (name) => {
    const faults = faultsOf({ [name]: { ...NOTION, NOTION_BASE_URL: 'http://localhost:9' }[name] });

    expect(faults).toEqual(
      Object.keys(NOTION)
        .filter((other) => other !== name)
        .map((other) => `${other}: is required unless NOTION=off`),
    );
  });

  it.each([
    'https://www.notion.so/example/BusinessX-1f2e3d4c5b6a47988a9b0c1d2e3f4a5b?v=2a3b4c5d6e7f48019b2c3d4e5f6a7b8c&pvs=4',
    'https://www.notion.so/example/A-deed-1f2e3d4c5b6a47988a9b0c1d2e3f4a5b',
    'https://example.notion.site/1F2E3D4C-5B6A-4798-8A9B-0C1D2E3F4A5B/',
    'notion.so/1f2e3d4c5b6a47988a9b0c1d2e3f4a5b',
  ])('takes the link of a database for its id, whatever view it shows: %s', (link) => {
    expect(load({ ...NOTION, NOTION_BUSINESSX_DB_ID: link }).notion).toMatchObject({
      contactsDatabaseId: '1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b',
    });
  });

  it.each(['BusinessX', '1f2e3d4c', 'https://www.notion.so/example/BusinessX', 'https://'])(
    'takes nothing else for it: %s',
    (text) => {
      expect(faultsOf({ ...NOTION, NOTION_BUSINESSX_DB_ID: text })).toEqual([
        'NOTION_BUSINESSX_DB_ID: expected the link of a Notion database or the id in it: the 32 hex digits before ?v=',
      ]);
    },
  );

  it('refuses the link of a page that was open beside the database, which leads to the page', () => {
    const link = 'https://www.notion.so/1f2e3d4c5b6a47988a9b0c1d2e3f4a5b?v=1&p=2a3b4c5d6e7f48019b2c3d4e5f6a7b8c';

    expect(faultsOf({ ...NOTION, NOTION_BUSINESSX_DB_ID: link })).toEqual([
      'NOTION_BUSINESSX_DB_ID: is the link of a page that was open beside the database (p=): close it, and copy the link again',
    ]);
  });

  it('may be told which data source is meant, by name or by id', () => {
    const sources = {
      NOTION_BUSINESSX_DATA_SOURCE: 'Contacts of 2025',
      NOTION_EMAIL_SEQUENCE_DATA_SOURCE: 'collection://3B4C5D6E7F8041929A2B3C4D5E6F7A8B',
    };

    expect(load({ ...NOTION, ...sources }).notion).toMatchObject({
      contactsDataSource: 'Contacts of 2025',
      sequenceDataSource: '3b4c5d6e-7f80-4192-9a2b-3c4d5e6f7a8b',
    });
  });

  it('finds a database by its data source alone, if that is given by its id', () => {
    const { NOTION_BUSINESSX_DB_ID, NOTION_EMAIL_SEQUENCE_DB_ID, ...rest } = NOTION;

    expect(
      load({
        ...rest,
        NOTION_BUSINESSX_DATA_SOURCE: NOTION_BUSINESSX_DB_ID,
        NOTION_EMAIL_SEQUENCE_DB_ID,
      }).notion,
    ).toMatchObject({
      contactsDatabaseId: '1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b',
      contactsDataSource: '1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b',
    });
    expect(faultsOf({ ...rest, NOTION_EMAIL_SEQUENCE_DB_ID, NOTION_BUSINESSX_DATA_SOURCE: 'Contacts' })).toEqual([
      'NOTION_BUSINESSX_DB_ID: is required with a data source that is given by its name',
    ]);
  });

  it('is asked as often as the operator says', () => {
    expect(load({ NOTION_REQUESTS_PER_MINUTE: '500' }).notionChoices.requestsPerMinute).toBe(500);
  });
});

describe('the API of Cal.com', () => {
  it('is asked with a key, wherever it is', () => {
    const settings = { CALCOM_API_KEY: 'cal_live_0123456789', CALCOM_BASE_URL: 'https://cal.example.com/api/' };

    expect(load(settings).calcom).toEqual({ apiKey: 'cal_live_0123456789', baseUrl: 'https://cal.example.com/api' });
  });

  it('wants a key that fits into a header', () => {
    expect(faultsOf({ CALCOM_API_KEY: 'cal live' })).toEqual([
      'CALCOM_API_KEY: expected a key such as cal_live_0123456789',
    ]);
  });

  it('has a stand-in for the embedded stack, and for no process in production', () => {
    const settings = { ...SHARED, ...MAIL, NOTION: 'off', CALCOM_WEBHOOK_SECRET: 'cal-fixture-secret' };

    for (const role of ['embedded', 'client', 'migrate', 'codec'] as const) {
      expect(faultsOf({ ...settings, CALCOM_API_KEY: 'sandbox' }, role)).toEqual([]);
    }
    for (const role of ['server', 'worker'] as const) {
      expect(faultsOf({ ...settings, CALCOM_API_KEY: 'sandbox' }, role)).toEqual([
        'CALCOM_API_KEY: the sandbox is a part of `npm start` only',
      ]);
    }
  });
});

describe('mail', () => {
  it('needs a sender with any mail server but one on this machine', () => {
    const SMTP_URL = 'smtp://mail.example:587';

    expect(faultsOf({ SMTP_URL })).toEqual([
      'EMAIL_FROM: is required with SMTP_URL: mail servers refuse mail without a real sender',
    ]);
    expect(faultsOf({ SMTP_URL, EMAIL_FROM: 'calls@example.com' })).toEqual([]);
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      expect(faultsOf({ SMTP_URL: `smtp://${host}:1025` })).toEqual([]);
  });
});

describe('mail through Resend', () => {
  it('is set up by a key and a sender', () => {
    expect(load(RESEND).email.resend).toEqual({
      apiKey: 're_0123456789',
      baseUrl: 'https://api.resend.com',
      requestsPerSecond: 5,
    });
    expect(
      load({ ...RESEND, RESEND_BASE_URL: 'http://127.0.0.1:9/', RESEND_REQUESTS_PER_SECOND: '10' }).email.resend,
    ).toMatchObject({ baseUrl: 'http://127.0.0.1:9', requestsPerSecond: 10 });
  });

  it('needs a sender, and no mail server beside it', () => {
    expect(faultsOf({ RESEND_API_KEY: 're_0123456789' })).toEqual([
      'EMAIL_FROM: is required with RESEND_API_KEY: an address at a domain that is verified there',
    ]);
    expect(faultsOf({ ...RESEND, ...MAIL })).toEqual(['RESEND_API_KEY: is set, and so is SMTP_URL: set one of them']);
  });
});

describe('unsigned webhooks', () => {
  it.each(['0.0.0.0', '::', '192.168.0.7', 'precall.example'])(
    'are not possible while the server listens on %s',
    (HOST) => {
      expect(faultsOf({ ...SHARED, HOST, ALLOW_UNSIGNED_WEBHOOKS: 'true' }, 'server')).toEqual([
        'ALLOW_UNSIGNED_WEBHOOKS: is only possible while HOST is a loopback address such as 127.0.0.1',
      ]);
      expect(faultsOf({ ...SHARED, HOST, CALCOM_WEBHOOK_SECRET: 'cal-fixture-secret' }, 'server')).toEqual([]);
    },
  );

  it.each(['localhost', '127.0.0.1', '::1'])('are possible while it listens on %s', (HOST) => {
    expect(faultsOf({ ...SHARED, HOST, ALLOW_UNSIGNED_WEBHOOKS: 'true' }, 'server')).toEqual([]);
  });
});

describe('Temporal', () => {
  it('is found as its own tools find it', () => {
    const env = { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'calls', TEMPORAL_API_KEY: 'key' };

    expect(load(env).temporal).toEqual({
      given: true,
      namespace: 'calls',
      connectionOptions: { address: 'temporal.example:7233', apiKey: 'key', tls: true },
      taskQueue: 'precall',
    });
  });

  it('is found in a profile of a file', () => {
    const folder = folderWith({
      'temporal.toml':
        '[profile.default]\naddress = "one:7233"\n[profile.calls]\naddress = "two:7233"\nnamespace = "calls"\n',
    });
    const TEMPORAL_CONFIG_FILE = join(folder, 'temporal.toml');

    expect(load({ TEMPORAL_CONFIG_FILE }).temporal).toMatchObject({
      given: true,
      connectionOptions: { address: 'one:7233' },
    });
    expect(load({ TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'calls' }).temporal).toMatchObject({
      namespace: 'calls',
      connectionOptions: { address: 'two:7233' },
    });
    // An empty value would make Temporal's own reader override the file with nothing.
    expect(load({ TEMPORAL_CONFIG_FILE, TEMPORAL_ADDRESS: '', TEMPORAL_TLS: '' }).temporal).toMatchObject({
      connectionOptions: { address: 'one:7233' },
    });
  });

  it('takes TLS settings', () => {
    expect(
      load({ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_TLS: 'true', TEMPORAL_TLS_SERVER_NAME: 'b' }).temporal,
    ).toMatchObject({
      connectionOptions: { tls: { serverNameOverride: 'b' } },
    });
    expect(load({ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_TLS: 'false' }).temporal).toMatchObject({
      connectionOptions: { tls: false },
    });
  });

  it.each(['false', '0'])('is not told an API key in clear text: TEMPORAL_TLS=%s', (TEMPORAL_TLS) => {
    expect(faultsOf({ TEMPORAL_API_KEY: 'key', TEMPORAL_TLS })).toEqual([
      'TEMPORAL_TLS: must not be false with TEMPORAL_API_KEY, which would travel in clear text',
    ]);
  });

  it('is not set up by a file that cannot be read, a profile that is not there or a certificate that is missing', () => {
    const folder = folderWith({ 'temporal.toml': '[profile.default]\napi_key = "canary"\napi_key = oops' });

    const [fault, ...others] = faultsOf({ TEMPORAL_CONFIG_FILE: join(folder, 'temporal.toml') });
    expect(others).toEqual([]);
    expect(fault).toMatch(/^TEMPORAL_\*: /);
    expect(fault).not.toContain('canary');
    expect(faultsOf({ TEMPORAL_PROFILE: 'nobody' })).toEqual(["TEMPORAL_*: Profile 'nobody' not found in config data"]);
    expect(faultsOf({ TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/cert.pem' })).toEqual([
      'TEMPORAL_*: the file /nowhere/cert.pem cannot be read (ENOENT)',
    ]);
  });
});

describe('precall.yaml', () => {
  it('holds choices', () => {
    const choices = 'campaigns:\n  - Spring 2026\n  - Summer 2026\ncampaignStatusFor: members\ngrace: 30m\n';

    expect(load({}, 'embedded', choices)).toMatchObject({
      notionChoices: { ...NOTION_CHOICES, campaigns: ['Spring 2026', 'Summer 2026'] },
      campaignStatusFor: 'members',
      reminders: { graceMs: 30 * MINUTE_MS },
    });
  });

  it('says what things are called in Notion, and leaves the rest as it is', () => {
    const choices = `
notion:
  contacts:
    callDate: " Call "
  sequence:
    contact: Contact
    emailsSent: []
  values:
    noShow: Missed
  keptStatuses: [Won]
  severalContacts: prefer_campaign
  noContact: create
  reminderSent: [Reminder 1, Reminder 2]
`;

    expect(load({}, 'embedded', choices).notionChoices).toEqual({
      ...NOTION_CHOICES,
      contacts: { ...NOTION_CHOICES.contacts, callDate: 'Call' },
      sequence: { foundBy: { contact: 'Contact' }, campaign: 'Campaign', emailsSent: [] },
      values: { ...NOTION_CHOICES.values, noShow: 'Missed' },
      keptStatuses: ['Won'],
      severalContacts: 'prefer_campaign',
      noContact: 'create',
      reminderSent: ['Reminder 1', 'Reminder 2'],
    });
  });

  it.each([
    '',
    '# nothing but a comment\n',
    '---\n',
    '{}',
    'notion:',
    'reminders:',
    'mails:\n  host:',
    'notion:\n  contacts:\n  sequence:\n  values:\n',
  ])('may hold none: %j', (choices) => {
    expect(load({}, 'embedded', choices)).toEqual(load());
  });

  it.each<[string, string]>([
    ['campagins: [A]', 'precall.yaml: there is no choice called campagins'],
    ['one: 1\ntwo: 2', 'precall.yaml: there is no choice called one, two'],
    ['campaigns: Spring 2026', 'precall.yaml: campaigns: expected a list of campaign names'],
    ['campaigns: []', 'precall.yaml: campaigns: expected a list of campaign names'],
    ['campaigns: [Spring, 2026]', 'precall.yaml: campaigns.1: expected the name of a campaign'],
    ['campaigns: [""]', 'precall.yaml: campaigns.0: expected the name of a campaign'],
    ['campaignStatusFor: nobody', 'precall.yaml: campaignStatusFor: expected everybody or members'],
    ['grace: 30', 'precall.yaml: grace: expected a duration such as 72h'],
    ['grace: soon', 'precall.yaml: grace: expected a duration such as 72h, 30m or 45s, a year at most'],
    ['notion: yes please', 'precall.yaml: notion: expected choices such as `noContact: create`'],
    ['notion: {contact: {}}', 'precall.yaml: notion: there is no choice called contact'],
    ['notion: {contacts: {mail: E-mail}}', 'precall.yaml: notion.contacts: there is no choice called mail'],
    [
      'notion: {contacts: {email: 7}}',
      'precall.yaml: notion.contacts.email: expected the name of a property, or its id',
    ],
    [
      'notion: {contacts: {email: " "}}',
      'precall.yaml: notion.contacts.email: expected the name of a property, or its id',
    ],
    [
      'notion: {contacts: {campaignStatus: Booking Status}}',
      'precall.yaml: notion.contacts.campaignStatus: is the same property as bookingStatus',
    ],
    [
      'notion: {sequence: {email: Email, contact: Contact}}',
      'precall.yaml: notion.sequence: expected email or contact, not both: a row is found by the one or by the other',
    ],
    [
      'notion: {sequence: {emailsSent: Email 1 Sent}}',
      'precall.yaml: notion.sequence.emailsSent: expected a list: the name of a property, or its id each',
    ],
    [
      'notion: {values: {booked: "Booked, yes"}}',
      'precall.yaml: notion.values.booked: expected the name of an option, which holds no comma in Notion',
    ],
    ['notion: {values: {moved: Moved}}', 'precall.yaml: notion.values: there is no choice called moved'],
    [
      'notion: {keptStatuses: [Won, Completed]}',
      'precall.yaml: notion.keptStatuses.1: is what Precall itself writes as completed: expected one that only people set',
    ],
    [
      'notion: {keptStatuses: [completed]}',
      'precall.yaml: notion.keptStatuses.0: is what Precall itself writes as completed: expected one that only people set',
    ],
    [
      'notion: {severalContacts: first}',
      'precall.yaml: notion.severalContacts: expected refuse, oldest, newest or prefer_campaign',
    ],
    [
      'notion: {severalContacts: prefer_campaign}',
      'precall.yaml: notion.severalContacts: prefer_campaign needs sequence.contact: an address alone does not tell contacts apart that share it',
    ],
    ['notion: {noContact: ignore}', 'precall.yaml: notion.noContact: expected report or create'],
    ['notion: {reminderSent: [7]}', 'precall.yaml: notion.reminderSent.0: expected the name of a property, or its id'],
    ['- a list', 'precall.yaml: expected choices such as `campaigns: [Christmas 2025]`'],
    ['a text', 'precall.yaml: expected choices such as `campaigns: [Christmas 2025]`'],
  ])('is at fault when it says %j', (choices, fault) => {
    expect(faultsOf({}, 'embedded', choices)).toEqual([fault]);
  });

  it.each(['campaigns: [A', 'a: b: c', 'grace: 1h\ngrace: 2h', '\tgrace: 1h'])(
    'is at fault when it is no YAML: %j',
    (choices) => {
      const [port, fault, ...others] = faultsOf({ PORT: 'none' }, 'embedded', choices);

      expect(fault).toMatch(/^precall\.yaml: cannot be read: .* at line \d+, column \d+$/);
      expect(port).toBe('PORT: expected a port number');
      expect(others).toEqual([]);
    },
  );
});

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+2'])(
    'is known by its IANA name: %s',
    (name) => {
      expect(isTimeZone(name)).toBe(true);
    },
  );

  it.each(['', ' ', '+02:00', '-0530', 'Europe', 'Europe/Atlantis', 'Europe/Berlin ', 'CEST', 'x'.repeat(1_000_000)])(
    'is not known as %.20j',
    (name) => {
      expect(isTimeZone(name)).toBe(false);
    },
  );
});
