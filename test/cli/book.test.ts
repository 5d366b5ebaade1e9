import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addBook } from '../../src/cli/book.ts';
import { openDoor } from '../../src/dev/calcom-sandbox/door.ts';
import { type CalcomSandbox, startCalcomSandbox } from '../../src/dev/calcom-sandbox/sandbox.ts';
import { OperatorError } from '../../src/operator-error.ts';
import { openMailbox, SECRET } from '../dev/calcom-sandbox/support.ts';
import { runCommand } from './run-command.ts';

const MINUTE_MS = 60_000;

let sandbox: CalcomSandbox;
let mailbox: Awaited<ReturnType<typeof openMailbox>>;
let dataDir: string;
let closeDoor: () => void;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'precall-book-'));
  vi.stubEnv('DATA_DIR', dataDir);
  mailbox = await openMailbox();
  sandbox = await startCalcomSandbox({ webhook: { url: mailbox.url, secret: SECRET } });
  closeDoor = openDoor(dataDir, { url: sandbox.url, token: sandbox.apiKey });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([sandbox.stop(), mailbox.close()]);
  await rm(dataDir, { recursive: true });
});

const book = (...args: string[]) => runCommand(addBook, 'book', ...args);

const triggers = () => mailbox.arrived.map(({ text }) => (JSON.parse(text) as { triggerEvent: string }).triggerEvent);

describe('precall book', () => {
  it('books a call ten minutes ahead for a contact of the Notion sandbox, and says what was answered', async () => {
    const written = await book();

    const [booking] = sandbox.bookings();
    expect(booking).toMatchObject({ status: 'accepted', attendees: [{ email: 'ada.moreau@example.com' }] });
    expect(Math.abs(booking!.startsAt - Date.now() - 10 * MINUTE_MS)).toBeLessThan(10_000);
    expect(written).toBe(
      `Booked ${booking!.uid}, starts ${new Date(booking!.startsAt).toISOString()}\n  BOOKING_CREATED: 202\n`,
    );
  });

  it('books for whom and when it is told', async () => {
    await book('--in', '2h', '--name', 'Bruno Keller', '--email', 'bruno.keller@example.com');

    const [booking] = sandbox.bookings();
    expect(booking?.attendees).toMatchObject([{ name: 'Bruno Keller', email: 'bruno.keller@example.com' }]);
    expect(Math.abs(booking!.startsAt - Date.now() - 120 * MINUTE_MS)).toBeLessThan(10_000);
  });

  it('moves and cancels a booking', async () => {
    await book();
    const { uid } = sandbox.bookings()[0]!;
    const moved = await book('--move', uid, '--in', '20m');
    const { uid: movedUid } = sandbox.bookings()[1]!;
    const cancelled = await book('--cancel', movedUid);

    expect(moved).toMatch(new RegExp(`^Moved ${uid}: ${movedUid}, starts `));
    expect(cancelled).toMatch(new RegExp(`^Cancelled ${movedUid}, starts `));
    expect(triggers()).toEqual(['BOOKING_CREATED', 'BOOKING_RESCHEDULED', 'BOOKING_CANCELLED']);
    expect(sandbox.bookings().map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  it('tells nobody when it is silent', async () => {
    const written = await book('--silent');

    expect(written).toContain('silently: no webhook was sent');
    expect(sandbox.bookings()).toHaveLength(1);
    expect(mailbox.arrived).toEqual([]);
  });

  it('says that nobody has answered', async () => {
    await mailbox.close();

    expect(await book()).toContain('BOOKING_CREATED: nobody answered');
  });

  it('says in the words of Cal.com what cannot be done', async () => {
    await expect(book('--cancel', 'nowhere')).rejects.toThrow(OperatorError);
    await expect(book('--cancel', 'nowhere')).rejects.toThrow('Booking with uid=nowhere was not found');
    await expect(book('--email', 'nobody')).rejects.toThrow('attendee.email');
  });

  it.each([
    ['--in', 'soon'],
    ['--in', '0s'],
    ['--in', '10y'],
    ['--move', 'a', '--cancel', 'b'],
  ])('does not understand %s %s', async (...args) => {
    await expect(book(...args)).rejects.toMatchObject({ name: 'CommanderError' });
    expect(sandbox.bookings()).toEqual([]);
  });

  it('says what to start when there is no sandbox', async () => {
    closeDoor();

    await expect(book()).rejects.toThrow('start Precall (npm start)');
  });

  it('says so when the sandbox does not answer, or does not know it', async () => {
    openDoor(dataDir, { url: sandbox.url, token: 'another' });
    await expect(book()).rejects.toThrow('Invalid API Key.');

    openDoor(dataDir, { url: 'http://127.0.0.1:9', token: 'any' });
    await expect(book()).rejects.toThrow('does not answer: is npm start still running?');
  });
});

describe('the way to the sandbox', () => {
  it('is for the owner’s eyes only, and is gone once it is closed', async () => {
    const file = join(dataDir, 'calcom-sandbox.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    closeDoor();
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });
});
