import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_NOTION_CHOICES } from '../../src/config.ts';
import {
  type NotionSandbox,
  type NotionSandboxOptions,
  startNotionSandbox,
} from '../../src/dev/notion-sandbox/sandbox.ts';
import { createLocalPace } from '../../src/local-pace.ts';
import { checkAtStart, NotionNotReady, type StartCheckOptions, tellAtStart } from '../../src/worker/check-at-start.ts';
import { type NotionAccess, notionAccessOf } from '../../src/worker/notion-access.ts';
import { createTestLog } from '../server/support.ts';
import { until } from '../support/until.ts';

const running: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()));
});

async function aNotion(options: NotionSandboxOptions = {}): Promise<NotionSandbox> {
  const sandbox = await startNotionSandbox(options);
  running.push(() => sandbox.stop());
  return sandbox;
}

/** A worker that is about to start with this Notion, and its log. */
function aStart(sandbox: NotionSandbox, options: Partial<StartCheckOptions> = {}) {
  const { token, url: baseUrl, contactsDatabaseId, sequenceDatabaseId } = sandbox;
  const { log, lines: all, logged } = createTestLog();
  const lines = () => all().filter(({ level }) => Number(level) >= INFO);
  const notion = notionAccessOf({
    notion: { token, baseUrl, contactsDatabaseId, sequenceDatabaseId },
    notionChoices: DEFAULT_NOTION_CHOICES,
    store: { notionPace: () => createLocalPace({ requestsPerMinute: 3_000 }) },
    log,
  });
  const start: StartCheckOptions = {
    notion,
    notionChoices: DEFAULT_NOTION_CHOICES,
    log,
    timing: { firstLookMs: 2_000, pauseMs: 100, goOnMs: 60_000 },
    ...options,
  };
  const levels = () => lines().map(({ level }) => level);
  return { start, lines, logged, levels };
}

/** Nobody answers there until it is healed. */
function takeAway(sandbox: NotionSandbox): void {
  sandbox.fail({ times: Number.POSITIVE_INFINITY, action: { error: 503 } });
}

const INFO = 30;
const WARN = 40;
const ERROR = 50;

describe('a worker', () => {
  it('starts without a word when Notion is as it has to be', async () => {
    const { start, lines } = aStart(await aNotion());

    running.push(await checkAtStart(start));

    expect(lines()).toEqual([]);
  });

  it('asks nothing when Notion is off', async () => {
    const sandbox = await aNotion();
    const { start } = aStart(sandbox, { notion: 'off' });

    running.push(await checkAtStart(start), tellAtStart(start));

    expect(sandbox.journal).toEqual([]);
  });

  it('refuses to start when only a person can help, and says with what', async () => {
    const sandbox = await aNotion();
    sandbox.contacts.removeProperty('Booking Status');
    sandbox.sequence.unshare();
    const { start } = aStart(sandbox);

    const refusal = await checkAtStart(start).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(NotionNotReady);
    expect((refusal as Error).message).toMatch(
      /precall doctor[\s\S]*booking status: .*no property "Booking Status": add it in Notion/,
    );
    expect((refusal as Error).message).toMatch(/Email Sequence database: .*••• → Connections/);
  });

  it('refuses to start with a wrong token', async () => {
    const sandbox = await aNotion();
    sandbox.change({ kind: 'revoke_token' });

    await expect(checkAtStart(aStart(sandbox).start)).rejects.toThrow(/Token invalid or revoked/);
  });

  it('starts with a warning where something is missing that it can do without', async () => {
    const sandbox = await aNotion();
    sandbox.contacts.removeOption('Christmas Campaign Status', 'Pre-Call Prep');
    const { start, lines } = aStart(sandbox);

    running.push(await checkAtStart(start));

    expect(lines()).toMatchObject([{ level: WARN, what: 'campaign status' }]);
  });

  it('starts although Notion does not answer, and soon', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ times: Number.POSITIVE_INFINITY, action: 'hang' });
    const { start, lines } = aStart(sandbox, { timing: { firstLookMs: 300, pauseMs: 60_000, goOnMs: 60_000 } });
    const startedAt = performance.now();

    running.push(await checkAtStart(start));

    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(lines()).toMatchObject([{ level: WARN, msg: expect.stringMatching(/the worker starts without it/) }]);
  });

  it('looks again beside its work until Notion answers, and tells what is wrong then', async () => {
    const sandbox = await aNotion();
    sandbox.contacts.removeProperty('Booking Status');
    takeAway(sandbox);
    const { start, lines } = aStart(sandbox, { timing: { firstLookMs: 100, pauseMs: 100, goOnMs: 60_000 } });

    running.push(await checkAtStart(start));
    sandbox.heal();

    const told = await until('what is wrong', () => lines().find(({ level }) => level === ERROR));
    expect(told).toMatchObject({ alert: 'notion_not_ready', what: 'booking status' });
    await until('the end of the looks', () => lines().some(({ msg }) => msg === 'Notion answers now'));
  });

  it('gives up looking after a while, and says that Notion’s work waits', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ times: Number.POSITIVE_INFINITY, action: { edge: 403 } });
    const { start, logged } = aStart(sandbox, { timing: { firstLookMs: 100, pauseMs: 10, goOnMs: 0 } });

    running.push(await checkAtStart(start));

    await until('the end of the looks', () => logged().includes('still does not answer'));
  });

  it('looks no more once it stops', async () => {
    const sandbox = await aNotion();
    takeAway(sandbox);
    const { start, lines } = aStart(sandbox, { timing: { firstLookMs: 100, pauseMs: 10, goOnMs: 60_000 } });

    const stop = await checkAtStart(start);
    stop();
    sandbox.heal();
    await new Promise((resolve) => setTimeout(resolve, 1_000));

    expect(lines().map(({ msg }) => msg)).toEqual([expect.stringContaining('the worker starts without it')]);
  });

  it('looks through the same few places as all that it works on', async () => {
    const sandbox = await aNotion();
    sandbox.fail({ times: Number.POSITIVE_INFINITY, action: 'hang' });
    const { start } = aStart(sandbox, { timing: { firstLookMs: 300, pauseMs: 60_000, goOnMs: 60_000 } });
    const { begin } = start.notion as NotionAccess;
    const work = [1, 2, 3].map(() => begin().read((client) => client.users.me({})));
    await until('all places taken', () => sandbox.journal.length === 3);

    running.push(await checkAtStart(start));

    expect(sandbox.journal).toHaveLength(3);
    void Promise.allSettled(work);
  });

  it('tells nobody the token', async () => {
    const sandbox = await aNotion({ seed: 'W6' });
    const { start, logged } = aStart(sandbox);

    const refusal = await checkAtStart(start).catch((error: Error) => error.message);

    expect(`${refusal}${logged()}`).not.toContain(sandbox.token);
  });
});

describe('npm start with a Notion of one’s own', () => {
  it('tells the same faults, and starts all the same', async () => {
    const sandbox = await aNotion();
    sandbox.contacts.removeProperty('Booking Status');
    const { start, lines } = aStart(sandbox);

    running.push(tellAtStart(start));

    await until('what is wrong', () => lines().length > 0);
    expect(lines()).toMatchObject([{ level: ERROR, alert: 'notion_not_ready', what: 'booking status' }]);
  });
});
