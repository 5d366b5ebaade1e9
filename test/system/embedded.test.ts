import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CaughtMail } from '../../src/dev/mail-catcher/caught-mail.ts';
import { keyRingOf } from '../../src/kept-secret.ts';
import {
  aCall,
  dataConverterOf,
  handleOf,
  lateness,
  mailsTo,
  post,
  rowOf,
  uidThatWakes,
  untilUnderWay,
  useFolder,
  useOutside,
  writes,
} from '../support/outside.ts';
import { type PrecallProcess, type ProcessEnd, usePrecallProcesses } from '../support/precall-process.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

/** The first long before the second: a restart in between takes its time on a busy machine. */
const OFFSETS_S = [50, 6, 3];

const folder = useFolder();
const outside = useOutside();
const processes = usePrecallProcesses();

const settings = () => ({
  PORT: '0',
  DATA_DIR: join(folder.path, 'data'),
  REMINDER_OFFSETS: '50s,6s,3s',
  MEETING_THRESHOLD: '1s',
});

/** Every process that belongs to it: its group, and whatever works on its data folder. */
const leftOf = ({ pid }: PrecallProcess) => processesOf({ mark: folder.path, group: pid });

const dueAtOf = ({ startsAt }: { startsAt: number }) => OFFSETS_S.map((seconds) => startsAt - seconds * 1_000);

async function bannerOf(start: PrecallProcess): Promise<string> {
  const [banner] = await start.untilSays(/Precall is running[\s\S]*Ctrl-C stops everything/, 60_000);
  return banner;
}

/** An address in the banner, from its first words to the end of the line. */
function shownIn(banner: string, words: RegExp): string {
  const [, address] = banner.match(new RegExp(`${words.source}\\s+(\\S+)`)) ?? [];
  if (!address) throw new Error(`The banner has no ${words}:\n${banner}`);
  return address;
}

const serverIn = (banner: string) => shownIn(banner, /Webhook/).replace('/webhook/calcom-booking', '');

/** One life of a data folder, told from its first start to a violent end. */
describe('precall start', () => {
  let first: PrecallProcess;
  let banner: string;
  let pages: number[];
  let secret: string;
  let other: { end: ProcessEnd; output: string };
  let sleeping: ReturnType<typeof aCall>;
  let mailsBefore: CaughtMail[];
  let stopped: { end: ProcessEnd; tookMs: number; left: string[] };
  let second: PrecallProcess;
  let secondBanner: string;
  let fresh: ReturnType<typeof aCall>;
  let updates: number;
  let leftAfterKill: string[];

  beforeAll(async () => {
    first = processes.start('start', { from: 'tsx', cwd: folder.path, env: settings() });
    banner = await bannerOf(first);
    const shown = [/UI/, /Notion.*\n\s+page/, /Mail.*\n\s+page/].map((words) => shownIn(banner, words));
    // Temporal's UI looks for its server once a second.
    pages = await Promise.all([...shown, `${serverIn(banner)}/ready`].map((url) => until(url, () => okFrom(url))));
    secret = await readFile(join(settings().DATA_DIR, 'webhook-secret'), 'utf8');

    const rival = processes.start('start', { from: 'tsx', cwd: folder.path, env: settings() });
    other = { end: await rival.untilEnded(), output: rival.output() };

    sleeping = aCall({ uid: uidThatWakes('early', 'sleeping'), startsInMs: 66_000 });
    expect((await post(serverIn(banner), sleeping.body, secret)).status).toBe(202);
    await untilItWaitsInMemory(shownIn(banner, /embedded,/).replace(/,$/, ''), sleeping.workflowId);
    mailsBefore = (await (await fetch(`${shownIn(banner, /Mail.*\n\s+page/)}/api/mails`)).json()) as CaughtMail[];
    const askedAt = Date.now();
    first.signal('SIGINT', { toGroup: true });
    const end = await first.untilEnded();
    stopped = { end, tookMs: Date.now() - askedAt, left: leftOf(first) };

    // From now on with a mail server and a Notion of the operator's.
    const env = { ...settings(), ...outside.settings() };
    second = processes.start('start', { from: 'source', cwd: folder.path, env });
    secondBanner = await bannerOf(second);
    fresh = aCall({ uid: 'fresh', startsInMs: 55_000 });
    outside.notion.contacts.add({ Name: fresh.attendee.name, email: fresh.attendee.email });
    expect((await post(serverIn(secondBanner), fresh.body, secret)).status).toBe(202);

    for (const { attendee } of [sleeping, fresh]) {
      await until('third reminder', () => mailsTo(outside.catcher, attendee.email).length === 3, 75_000);
    }
    updates = writes(outside.notion).length;

    second.signal('SIGKILL');
    await second.untilEnded();
    await until('end of Temporal', () => leftOf(second).length === 0, 10_000).catch(() => undefined);
    leftAfterKill = leftOf(second);
  });

  async function okFrom(url: string): Promise<number | undefined> {
    const { status } = await fetch(url);
    return status === 200 ? status : undefined;
  }

  async function untilItWaitsInMemory(address: string, workflowId: string): Promise<void> {
    const connection = await Connection.connect({ address });
    const key = await readFile(join(settings().DATA_DIR, 'encryption-key'), 'utf8');
    const dataConverter = dataConverterOf(keyRingOf(key));
    await untilUnderWay(handleOf(new Client({ connection, dataConverter }), workflowId));
    await connection.close();
  }

  it('says of each part what stands in for it, and where to look; each page is there', () => {
    expect(banner).toMatch(/Webhook +http:\/\/127\.0\.0\.1:[1-9]\d+\/webhook\/calcom-booking/);
    expect(banner).toMatch(/secret +in the file .*webhook-secret/);
    expect(banner).toMatch(/Temporal +embedded/);
    expect(banner).toMatch(/Notion +sandbox/);
    expect(banner).toMatch(/Mail +catcher/);
    expect(banner).toMatch(/Reminders +50s, 6s, 3s/);
    expect(banner).not.toContain(secret);
    expect(pages).toEqual([200, 200, 200, 200]);
  });

  it('started twice on one data folder says so the second time, and stops', () => {
    expect(other.end.code).toBe(1);
    expect(other.output).toMatch(/^Precall is already running on the data folder .* \(process \d+\)\./);
    expect(other.output).not.toMatch(/ at .*\.ts:\d+/);
  });

  it('ends by Ctrl-C within 10 s, in good order, and leaves no process', () => {
    expect(stopped.end).toEqual({ code: 0, signal: null });
    expect(stopped.tookMs).toBeLessThan(10_000);
    expect(stopped.left).toEqual([]);
    expect(first.output().split('Stopping…')[1]).not.toMatch(/"level":(40|50|60)/);
  });

  it('says of what is set up that it is used', () => {
    expect(secondBanner).toMatch(/Notion +yours/);
    expect(secondBanner).toMatch(/Mail +yours/);
  });

  it('remembers its bookings: the reminder that waited when it was stopped is sent when it is back, once', () => {
    const mails = mailsTo(outside.catcher, sleeping.attendee.email);

    expect(mailsBefore).toEqual([]);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(3);
    expect(mails).toHaveLength(3);
    for (const lateMs of lateness(mails, dueAtOf(sleeping))) expect(lateMs).toBeGreaterThanOrEqual(0);
  });

  it('sends through the mail server that is set up, and updates the page in the Notion that is set up, once', () => {
    const mails = mailsTo(outside.catcher, fresh.attendee.email);

    expect(mails).toHaveLength(3);
    for (const lateMs of lateness(mails, dueAtOf(fresh))) {
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(3_000);
    }
    expect(updates).toBe(1);
    expect(rowOf(outside.notion, fresh.attendee.email)?.cells).toMatchObject({ 'Booking Status': 'Booked' });
  });

  it('killed with SIGKILL leaves no process either', () => {
    expect(leftAfterKill).toEqual([]);
  });
});
