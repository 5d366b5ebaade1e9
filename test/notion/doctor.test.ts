import { afterEach, describe, expect, it } from 'vitest';
import type { Check } from '../../src/check.ts';
import { DEFAULT_NOTION_CHOICES, type NotionChoices, type NotionSettings } from '../../src/config.ts';
import {
  demoSeed,
  edgeAnswer,
  type NotionSandbox,
  type NotionSandboxOptions,
  type PropertySeed,
  type Seed,
  startNotionSandbox,
} from '../../src/dev/notion-sandbox/sandbox.ts';
import { createLocalPace } from '../../src/local-pace.ts';
import type { BeginAsking } from '../../src/notion/ask.ts';
import { createBeginAsking } from '../../src/notion/create-ask.ts';
import { checkNotion, limitOfLook, type NotionLook } from '../../src/notion/doctor.ts';
import { silent } from '../support/silent.ts';
import { aJumpingClock } from './asking.ts';
import { withProperties } from './support.ts';

const running: NotionSandbox[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.stop()));
});

async function aNotion(options: NotionSandboxOptions = {}): Promise<NotionSandbox> {
  const sandbox = await startNotionSandbox(options);
  running.push(sandbox);
  return sandbox;
}

interface Look {
  settings?: Partial<NotionSettings>;
  choices?: Partial<NotionChoices>;
  writeProbe?: { pageId?: string };
  withClock?: boolean;
  limitMs?: number;
  begin?: BeginAsking;
}

function look(
  sandbox: NotionSandbox,
  { settings: others, choices, limitMs = 20_000, begin, ...options }: Look = {},
): Promise<NotionLook> {
  const { token, url: baseUrl, contactsDatabaseId, sequenceDatabaseId } = sandbox;
  const settings: NotionSettings = { token, baseUrl, contactsDatabaseId, sequenceDatabaseId, ...others };
  const pace = createLocalPace({ requestsPerMinute: 3_000 });
  return checkNotion({
    settings,
    choices: { ...DEFAULT_NOTION_CHOICES, ...choices },
    begin: begin ?? createBeginAsking({ token: settings.token, baseUrl, pace, log: silent }),
    lane: 'background',
    limitMs,
    ...options,
  });
}

/** What the doctor says of a Notion that has just been opened. */
async function checksOf(sandbox: NotionSandbox, options: Look = {}): Promise<Map<string, Check>> {
  const { checks, unanswered } = await look(sandbox, options);
  expect(unanswered).toBeUndefined();
  expect(new Set(checks.map(({ what }) => what)).size).toBe(checks.length);
  return new Map(checks.map((check) => [check.what, check]));
}

function notWell(checks: Map<string, Check>): [string, Check['verdict']][] {
  return [...checks.values()].filter(({ verdict }) => verdict !== 'ok').map(({ what, verdict }) => [what, verdict]);
}

/** The demo's contacts with a property of another type. */
function contactsWith(property: PropertySeed): Seed {
  return withProperties(demoSeed(), 'contacts', property);
}

describe('a Notion that is as it has to be', () => {
  it('is well in every respect', async () => {
    const checks = await checksOf(await aNotion());

    expect(notWell(checks)).toEqual([]);
    expect([...checks.keys()]).toEqual([
      'token',
      'API version',
      'contacts database',
      'Email Sequence database',
      'contact e-mail',
      'booking status',
      'call date',
      'campaign status',
      'sequence person',
      'campaign',
      'e-mails sent',
      'contacts query',
      'sequence query',
      'workspace plan',
    ]);
  });

  it('is asked some ten questions, and nothing is changed', async () => {
    const sandbox = await aNotion();

    await look(sandbox, { withClock: true });

    expect(sandbox.journal.length).toBeLessThanOrEqual(10);
    expect(sandbox.journal.filter(({ committed }) => committed)).toEqual([]);
    expect(sandbox.journal.violations({ budget: 150 })).toEqual([]);
  });

  it('tells whose token it is, and the ids of the properties', async () => {
    const sandbox = await aNotion();

    const checks = await checksOf(sandbox);

    expect(checks.get('token')?.message).toContain('in the workspace "Precall sandbox"');
    expect(checks.get('contacts database')?.message).toContain(sandbox.contacts.dataSourceId);
    expect(checks.get('booking status')?.message).toMatch(
      /^"Booking Status" is of type status, id \S+, and offers "Booked", "Completed", "Cancelled", "No-Show"\.$/,
    );
  });

  it('asks what cannot be read: the plan of the workspace', async () => {
    expect((await checksOf(await aNotion())).get('workspace plan')?.message).toMatch(/Free plan.*\?.*1,000 blocks/);
  });

  it('has a clock that ours is compared with', async () => {
    expect((await checksOf(await aNotion(), { withClock: true })).get('Notion')).toMatchObject({
      part: 'clock',
      verdict: 'ok',
    });
  });

  it.each(['W1', 'W2', 'W4', 'W5', 'W8'] as const)('may look like %s', async (seed) => {
    expect(notWell(await checksOf(await aNotion({ seed })))).toEqual([]);
  });

  it('may have a sequence that is found by the contact', async () => {
    const { sequence } = DEFAULT_NOTION_CHOICES;

    const checks = await checksOf(await aNotion({ seed: 'W7' }), {
      choices: { sequence: { ...sequence, foundBy: { contact: 'Contact' } } },
    });

    expect(notWell(checks)).toEqual([]);
    expect(checks.get('sequence person')?.message).toContain('"Contact" is of type relation');
  });

  it('may have properties that are named by their ids', async () => {
    const sandbox = await aNotion();
    const [, id] = /id (\S+),/.exec((await checksOf(sandbox)).get('booking status')!.message)!;

    const checks = await checksOf(sandbox, {
      choices: { contacts: { ...DEFAULT_NOTION_CHOICES.contacts, bookingStatus: id! } },
    });

    expect(notWell(checks)).toEqual([]);
  });

  it('need not have what tells which e-mails were sent', async () => {
    const sandbox = await aNotion();
    for (const step of [1, 2, 3, 4, 5, 6, 7]) sandbox.sequence.removeProperty(`Email ${step} Sent`);

    expect((await checksOf(sandbox)).get('e-mails sent')).toMatchObject({
      verdict: 'ok',
      message: expect.stringContaining('and need not'),
    });
  });
});

describe('the token', () => {
  it('is invalid or revoked: nothing else is asked', async () => {
    const sandbox = await aNotion();
    sandbox.change({ kind: 'revoke_token' });

    const checks = await checksOf(sandbox);

    expect([...checks.values()]).toEqual([
      {
        part: 'notion',
        what: 'token',
        verdict: 'error',
        message: expect.stringMatching(/^Token invalid or revoked.*NOTION_TOKEN/),
      },
    ]);
    expect(sandbox.journal).toHaveLength(1);
  });

  it('may be one of whom Notion tells nothing: the databases tell whether it will do', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ path: /users/, action: { error: 403 } });

    expect(notWell(await checksOf(sandbox))).toEqual([['token', 'warning']]);
  });

  it('is not to blame where the request itself is not understood: nothing else is asked', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ path: /users/, action: { validation: 'Invalid request URL.' } });

    const checks = await checksOf(sandbox);

    expect([...checks.values()]).toMatchObject([
      { what: 'token', verdict: 'error', message: expect.stringMatching(/400 .*Check NOTION_BASE_URL.*without \/v1/) },
    ]);
    expect(sandbox.journal).toHaveLength(1);
  });

  it('may not read', async () => {
    const sandbox = await aNotion();
    sandbox.change({ kind: 'allow', capabilities: ['insert', 'update'] });

    expect((await checksOf(sandbox)).get('contacts database')).toMatchObject({ verdict: 'error' });
  });
});

describe('a database', () => {
  it('is not shared with the integration', async () => {
    const sandbox = await aNotion();
    sandbox.contacts.unshare();

    const checks = await checksOf(sandbox);

    expect(notWell(checks)).toEqual([['contacts database', 'error']]);
    expect(checks.get('contacts database')?.message).toMatch(/NOTION_BUSINESSX_DB_ID.*share it.*••• → Connections/);
    expect(checks.get('contacts database')?.message).toContain(sandbox.contactsDatabaseId);
  });

  it('is in the trash', async () => {
    const sandbox = await aNotion();
    sandbox.sequence.trash();

    expect((await checksOf(sandbox)).get('Email Sequence database')).toMatchObject({
      verdict: 'error',
      message: expect.stringContaining("in Notion's trash: restore it"),
    });
  });

  it('holds several data sources: each is named, none is taken', async () => {
    const checks = await checksOf(await aNotion({ seed: 'W3' }));

    expect(checks.get('contacts database')).toMatchObject({
      verdict: 'error',
      message: expect.stringMatching(/NOTION_BUSINESSX_DATA_SOURCE.*"Archive of 2024".*"Suppliers"/),
    });
  });

  it('is well once one of several data sources is chosen', async () => {
    const sandbox = await aNotion({ seed: 'W3' });

    const checks = await checksOf(sandbox, { settings: { contactsDataSource: sandbox.contacts.dataSourceId } });

    expect(notWell(checks)).toEqual([]);
  });

  it('is named where a data source is to be', async () => {
    const sandbox = await aNotion({ seed: 'W3' });

    const checks = await checksOf(sandbox, { settings: { contactsDataSource: sandbox.contactsDatabaseId } });

    expect(checks.get('contacts database')).toMatchObject({
      verdict: 'error',
      message: expect.stringMatching(
        /NOTION_BUSINESSX_DATA_SOURCE is the id of a database: .*into NOTION_BUSINESSX_DB_ID.*"Archive of 2024" [0-9a-f-]{36}/,
      ),
    });
  });

  it('is really a page', async () => {
    const sandbox = await aNotion();

    const checks = await checksOf(sandbox, { settings: { sequenceDatabaseId: sandbox.contacts.rows()[0]!.id } });

    expect(checks.get('Email Sequence database')?.message).toContain('NOTION_EMAIL_SEQUENCE_DB_ID is the id of a page');
  });

  it('is the same as the other one', async () => {
    const sandbox = await aNotion();

    const checks = await checksOf(sandbox, { settings: { sequenceDatabaseId: sandbox.contactsDatabaseId } });

    expect(checks.get('Email Sequence database')).toMatchObject({
      verdict: 'error',
      message: expect.stringContaining('the same as the contacts database'),
    });
  });
});

describe('a property', () => {
  it('is missing: what there is is named, and what may be meant', async () => {
    const sandbox = await aNotion();
    sandbox.contacts.renameProperty('Booking Status', 'Booking state');

    const message = (await checksOf(sandbox)).get('booking status')?.message;

    expect(message).toMatch(/has no property "Booking Status": add it in Notion, as status or select/);
    expect(message).toMatch(/There are "Name", "email", "Booking state"/);
    expect(message).toContain('Perhaps "Booking state" is meant');
  });

  it('is of a type that cannot be worked with', async () => {
    const checks = await checksOf(await aNotion({ seed: 'W6' }));

    expect(notWell(checks)).toEqual([
      ['contact e-mail', 'error'],
      ['booking status', 'error'],
      ['call date', 'error'],
      ['campaign status', 'warning'],
      ['campaign', 'warning'],
    ]);
    expect(checks.get('contact e-mail')?.message).toMatch(/"email" .* is of type people: .*email, rich_text, title/);
    expect(checks.get('call date')?.message).toMatch(/is of type rich_text: change it in Notion to date/);
    expect(checks.get('campaign')?.message).toMatch(/is of type number.*Until then nobody counts as a member/);
    expect(checks.get('contact e-mail')?.message.match(/rich_text/g)).toHaveLength(1);
  });

  it('is a formula: found by, never written', async () => {
    const seed = contactsWith({ name: 'email', type: 'formula', expression: 'lower(prop("Name"))' });

    expect((await checksOf(await aNotion({ seed }))).get('contact e-mail')).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('never written'),
    });
  });

  it('is a relation to something else than the contacts', async () => {
    const { contacts, sequence } = demoSeed();
    const properties: PropertySeed[] = [
      ...sequence.properties,
      { name: 'Contact', type: 'relation', to: contacts.title },
    ];
    const sandbox = await aNotion({
      seed: { contacts: { ...contacts, otherSources: ['Archive'] }, sequence: { ...sequence, properties } },
    });

    const checks = await checksOf(sandbox, {
      settings: { contactsDataSource: 'Archive' },
      choices: { sequence: { ...DEFAULT_NOTION_CHOICES.sequence, foundBy: { contact: 'Contact' } } },
    });

    expect(checks.get('sequence person')).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('does not refer to the contacts database'),
    });
  });

  it('of those that tell which e-mails were sent is missing', async () => {
    const sandbox = await aNotion();
    sandbox.sequence.removeProperty('Email 3 Sent');

    expect((await checksOf(sandbox)).get('e-mails sent')).toMatchObject({
      verdict: 'warning',
      message: expect.stringMatching(/has no "Email 3 Sent".*Until then/),
    });
  });

  it('that reminders are noted in is missing', async () => {
    const checks = await checksOf(await aNotion(), { choices: { reminderSent: ['Reminder 1'] } });

    expect(checks.get('reminders sent')).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('these reminders are not noted'),
    });
  });
});

describe('an option', () => {
  const OPTIONS = ['Not booked', 'Booked', 'Completed', 'Cancelled', 'No-Show'];

  it('is missing: the user adds it in Notion', async () => {
    const sandbox = await aNotion();
    sandbox.contacts.removeOption('Booking Status', 'No-Show');
    sandbox.contacts.removeOption('Christmas Campaign Status', 'Pre-Call Prep');

    const checks = await checksOf(sandbox);

    expect(checks.get('booking status')).toMatchObject({
      verdict: 'error',
      message: expect.stringMatching(/"Booking Status" .* has no option "No-Show": add it in Notion/),
    });
    expect(checks.get('campaign status')).toMatchObject({
      verdict: 'warning',
      message: expect.stringMatching(/has no option "Pre-Call Prep".*the campaign status is left alone/),
    });
  });

  it('that names the campaign is missing', async () => {
    const checks = await checksOf(await aNotion(), { choices: { campaigns: ['Winter 2026'] } });

    expect(checks.get('campaign')).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('no option "Winter 2026"'),
    });
  });

  it('that people are said to set is not there', async () => {
    expect(
      (await checksOf(await aNotion(), { choices: { keptStatuses: ['Won'] } })).get('booking status'),
    ).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('no option "Won", which keptStatuses'),
    });
  });

  it('is spelled a little differently: both spellings are named', async () => {
    const options = OPTIONS.map((option) => (option === 'Booked' ? 'booked ' : option));
    const seed = contactsWith({ name: 'Booking Status', type: 'select', options });

    expect((await checksOf(await aNotion({ seed }))).get('booking status')).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('"Booked" is spelled "booked " there'),
    });
  });

  it('has a twin that differs by case, space or accent', async () => {
    const seed = contactsWith({ name: 'Booking Status', type: 'select', options: [...OPTIONS, 'Bóoked'] });

    expect((await checksOf(await aNotion({ seed }))).get('booking status')).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('"Bóoked" beside "Booked": merge them'),
    });
  });

  it('differs by an accent, and is not taken', async () => {
    const options = OPTIONS.map((option) => (option === 'Booked' ? 'Bóoked' : option));
    const seed = contactsWith({ name: 'Booking Status', type: 'select', options });

    expect((await checksOf(await aNotion({ seed }))).get('booking status')).toMatchObject({
      verdict: 'error',
      message: expect.stringContaining('There is "Bóoked": rename it'),
    });
  });

  it('of a status is in the group that some workspaces do not let an integration write', async () => {
    const seed = contactsWith({
      name: 'Booking Status',
      type: 'status',
      options: OPTIONS,
      groups: { Booked: 'In progress' },
    });

    expect((await checksOf(await aNotion({ seed }))).get('booking status')).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('"Booked" is in the group "In progress"'),
    });
  });
});

describe('the write probe', () => {
  it('creates a page, appends to it, changes it and puts it into the trash', async () => {
    const sandbox = await aNotion();

    const checks = await checksOf(sandbox, { writeProbe: {} });

    expect(checks.get('write probe')).toMatchObject({ verdict: 'ok' });
    expect(sandbox.journal.filter(({ committed }) => committed).map(({ method }) => method)).toEqual([
      'POST',
      'PATCH',
      'PATCH',
      'PATCH',
    ]);
    expect(sandbox.contacts.rows().every(({ lastChanged }) => lastChanged.length === 0)).toBe(true);
  });

  it('says which capability is missing, and leaves nothing behind', async () => {
    const sandbox = await aNotion();
    sandbox.change({ kind: 'allow', capabilities: ['read', 'update'] });

    const checks = await checksOf(sandbox, { writeProbe: {} });

    expect(notWell(checks)).toEqual([['write probe', 'error']]);
    expect(checks.get('write probe')?.message).toMatch(/may not create: tick "Insert content".*Capabilities/);
    expect(sandbox.journal.filter(({ committed }) => committed)).toEqual([]);
  });

  it('says what stays behind where it may not be put into the trash', async () => {
    const sandbox = await aNotion();
    sandbox.change({ kind: 'allow', capabilities: ['read', 'insert'] });

    expect((await checksOf(sandbox, { writeProbe: {} })).get('write probe')).toMatchObject({
      verdict: 'error',
      message: expect.stringMatching(/may not update: tick "Update content".*is still there \(.*\): delete it/),
    });
  });

  it('is done in the page that is named', async () => {
    const sandbox = await aNotion();
    const { id } = sandbox.contacts.rows()[0]!;

    expect((await checksOf(sandbox, { writeProbe: { pageId: id } })).get('write probe')).toMatchObject({
      verdict: 'ok',
    });
    expect(sandbox.contacts.contentOf(id)).toEqual([]);
  });

  it('says when that page is not shared', async () => {
    const checks = await checksOf(await aNotion(), { writeProbe: { pageId: '11111111-2222-4333-8444-555555555555' } });

    expect(checks.get('write probe')).toMatchObject({
      verdict: 'error',
      message: expect.stringContaining('--probe-page'),
    });
  });

  it('puts the page into the trash whatever fails before', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ method: 'PATCH', path: /children$/, times: Number.POSITIVE_INFINITY, action: { error: 503 } });

    const checks = await checksOf(sandbox, { writeProbe: {} });

    expect(checks.get('write probe')).toMatchObject({
      verdict: 'error',
      message: expect.stringContaining('try again later'),
    });
    expect(checks.get('write probe')?.message).not.toContain('still there');
    expect(sandbox.journal.filter(({ committed }) => committed)).toHaveLength(2);
  });

  it('makes one page although an answer is lost', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ method: 'POST', path: /^\/v1\/pages$/, action: 'commit-then-drop' });

    const checks = await checksOf(sandbox, { writeProbe: {} });

    expect(checks.get('write probe')).toMatchObject({ verdict: 'ok' });
    expect(sandbox.journal.filter(({ path, method }) => path === '/v1/pages' && method === 'POST')).toHaveLength(1);
  });
});

describe('a write probe that is cut short', () => {
  async function cutShort(path: RegExp, method: 'POST' | 'PATCH') {
    const sandbox = await aNotion();
    sandbox.fail({ match: { method, path }, times: 9, action: 'hang', phase: 'after' });
    return look(sandbox, { writeProbe: {}, limitMs: 1_000 });
  }

  it('says which page it has left', async () => {
    const { unanswered } = await cutShort(/children$/, 'PATCH');

    expect(unanswered?.message).toMatch(
      /not answered within 1 s\. .*The page "Precall doctor, to be deleted \[[0-9a-f]{8}\]" is still there \([0-9a-f-]{36}\): delete it\.$/,
    );
  });

  it('says which page it may have left', async () => {
    const { unanswered } = await cutShort(/^\/v1\/pages$/, 'POST');

    expect(unanswered?.message).toMatch(
      /A page "Precall doctor, to be deleted \[[0-9a-f]{8}\]" may be there: delete it\.$/,
    );
  });

  it('says nothing of a page before there is one', async () => {
    const { unanswered } = await cutShort(/query$/, 'POST');

    expect(unanswered?.message).not.toContain('delete it');
  });
});

describe('a small budget of requests', () => {
  it('makes a look slow, and not fail', async () => {
    const sandbox = await aNotion();
    const clock = aJumpingClock();
    const requestsPerMinute = 5;
    const begin = createBeginAsking({
      token: sandbox.token,
      baseUrl: sandbox.url,
      pace: createLocalPace({ requestsPerMinute, now: clock.now }),
      log: silent,
      clock,
    });
    const limitMs = limitOfLook(45_000, { requestsPerMinute, lane: 'background', writeProbe: {} });

    const checks = await checksOf(sandbox, { begin, limitMs, writeProbe: {}, withClock: true });

    expect(notWell(checks)).toEqual([]);
    expect(clock.now()).toBeGreaterThan(45_000);
    expect(clock.now()).toBeLessThan(limitMs);
  });

  it.each([
    ['bookings', 10_000],
    ['background', 45_000],
  ] as const)('changes nothing about the usual one, in the lane of %s', (lane, usualMs) => {
    const { requestsPerMinute } = DEFAULT_NOTION_CHOICES;

    expect(limitOfLook(usualMs, { requestsPerMinute, lane })).toBe(usualMs);
  });
});

describe('a Notion that does not answer', () => {
  it('is told of as that, with what was found before', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ path: /query$/, times: Number.POSITIVE_INFINITY, action: { answer: edgeAnswer(502) } });

    const { checks, unanswered } = await look(sandbox);

    expect(checks.map(({ what }) => what)).toContain('campaign');
    expect(unanswered).toMatchObject({
      what: 'answers',
      verdict: 'error',
      message: expect.stringMatching(/502.*Nothing has to be changed/),
    });
  });

  it('cannot be reached at all: what lies between is to be looked at', async () => {
    const sandbox = await aNotion();
    const { host } = new URL(sandbox.url);
    await sandbox.stop();

    const { checks, unanswered } = await look(sandbox);

    expect(checks).toEqual([]);
    expect(unanswered?.message).toBe(
      `Notion cannot be reached (ECONNREFUSED). Look whether this machine may reach ${host}: DNS, proxy, firewall, NOTION_BASE_URL.`,
    );
  });

  it.each([
    ['turns us away', 403],
    ['answers in its place', 200],
  ])('is behind a network that %s: that is to be looked at', async (_what, status) => {
    const sandbox = await aNotion();
    sandbox.fail({ times: Number.POSITIVE_INFINITY, action: { edge: status } });

    const { unanswered } = await look(sandbox);

    expect(unanswered?.message).toMatch(/\. Look whether this machine may reach .*proxy, firewall, NOTION_BASE_URL\.$/);
    expect(unanswered?.message).not.toContain('Nothing has to be changed');
  });

  it('may be one that nothing comes back from', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ times: Number.POSITIVE_INFINITY, action: 'hang' });

    expect((await look(sandbox, { limitMs: 300 })).unanswered?.message).toMatch(
      /within 0\.3 s\. Try again in some minutes; if it stays so, look whether this machine may reach/,
    );
  });

  it('is not waited for longer than is allowed', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ path: /databases/, times: Number.POSITIVE_INFINITY, action: 'hang' });
    const startedAt = performance.now();

    const { checks, unanswered } = await look(sandbox, { limitMs: 500 });

    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(checks.map(({ what }) => what)).toEqual(['token', 'API version']);
    expect(unanswered?.message).toContain('not answered within 0.5 s');
  });
});

describe('whatever the doctor says', () => {
  it('holds neither token nor anybody', async () => {
    const sandbox = await aNotion();

    const text = JSON.stringify(await look(sandbox, { writeProbe: {} }));

    expect(text).not.toContain(sandbox.token);
    expect(text).not.toMatch(/@example\.com|Ada|Moreau/);
  });
});
