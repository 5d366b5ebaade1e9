import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDelivery } from '../../src/calcom/read-delivery.ts';
import { loadConfig } from '../../src/config.ts';
import { type PrecallServer, startPrecallServer } from '../../src/server/start-server.ts';
import type { ReadBody } from '../../src/server/verdict.ts';
import { type BookingRuns, createBookingRuns } from '../../src/temporal/booking-runs.ts';
import { deliveriesOf } from '../support/operator.ts';
import {
  aCall,
  dataConverterOf,
  ENCRYPTION_KEYS,
  mailsTo,
  post,
  SECRET,
  useFolder,
  useOutside,
  useTemporal,
} from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';

const INSTALLATION_KEY = 'one key for all the processes of this test';

const folder = useFolder();
const temporal = useTemporal(folder);
const outside = useOutside();
const settings = { REMINDER_OFFSETS: '5s,2s', MEETING_THRESHOLD: '1s' };
const precall = useProduction({ folder, temporal, outside, settings });

let runs: BookingRuns | undefined;
let server: PrecallServer | undefined;

afterAll(async () => {
  await server?.stop();
  await runs?.close();
});

/** A server whose version reads like this, on the store of those before it. */
async function startServerThat(read?: ReadBody): Promise<string> {
  await server?.stop();
  const config = loadConfig(
    'server',
    {
      PORT: '0',
      DATABASE_URL: precall.postgres.url,
      ENCRYPTION_KEYS,
      CALCOM_WEBHOOK_SECRET: SECRET,
      INSTALLATION_KEY,
      ...temporal.settings(),
      ...outside.settings(),
      ...settings,
    },
    join(folder.path, 'precall.yaml'),
  );
  runs ??= createBookingRuns({ config, dataConverter: dataConverterOf(ENCRYPTION_KEYS), log: silent });
  const store = await precall.store();
  server = await startPrecallServer({
    config,
    store,
    runs,
    installationKey: INSTALLATION_KEY,
    ...(read && { read }),
    log: silent,
  });
  return server.url;
}

/** Knows one name more for what happens to a booking. */
const readsMore: ReadBody = (body, receivedAt) => {
  const known = body.toString('utf8').replace('"BOOKING_SETTLED"', '"BOOKING_CREATED"');
  return readDelivery(Buffer.from(known), { receivedAt: receivedAt.getTime(), installationKey: INSTALLATION_KEY });
};

describe('A booking that a version of Precall cannot read', () => {
  let call: ReturnType<typeof aCall>;
  let answer: { code: number; body: Record<string, unknown> };
  let listed: Awaited<ReturnType<typeof deliveriesOf>>;
  let unchanged: unknown;
  let redelivered: unknown;

  beforeAll(async () => {
    await precall.startWorker();
    const url = await startServerThat();
    call = aCall({ uid: 'settled', startsInMs: 20_000 });
    const response = await post(url, { ...(call.body as object), triggerEvent: 'BOOKING_SETTLED' });
    answer = { code: response.status, body: (await response.json()) as Record<string, unknown> };
    listed = await deliveriesOf(url);
    unchanged = await redeliver(url);
    redelivered = await redeliver(await startServerThat(readsMore));
  });

  async function redeliver(url: string): Promise<unknown> {
    const response = await fetch(`${url}/api/deliveries/${answer.body['deliveryId']}/redeliver`, { method: 'POST' });
    return response.json();
  }

  it('is taken, quarantined and listed', () => {
    expect(answer).toMatchObject({
      code: 200,
      body: { status: 'quarantined', reason: 'unknown_trigger_with_booking' },
    });
    expect(listed).toMatchObject([{ status: 'quarantined', trigger: 'BOOKING_SETTLED' }]);
  });

  it('stays there when it is redelivered to the same version', () => {
    expect(unchanged).toMatchObject({ status: 'quarantined', reason: 'unknown_trigger_with_booking' });
  });

  it('is looked after once a version that can read it has it redelivered: its mails go out', async () => {
    expect(redelivered).toMatchObject({ status: 'pending' });

    const { status, reminders } = await until('end of the run', () =>
      temporal
        .handle(call.workflowId)
        .result()
        .catch(() => undefined),
    );
    expect([status, ...reminders.map(({ outcome }) => outcome)]).toEqual(['completed', 'sent', 'sent']);
    expect(mailsTo(outside.catcher, call.attendee.email)).toHaveLength(2);
  });
});
