import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { provisionTemporalCli } from '../../src/dev/provision/temporal-cli.ts';
import { startTemporalServer } from '../../src/dev/temporal-server.ts';
import { REMINDERS_ONLY, writeChoices } from '../../test/support/choices.ts';
import { startMailSink } from '../mail-sink.ts';
import { startNode, untilItAnswers } from '../processes.ts';
import type { Peer } from './peer.ts';
import { bookAll, OFFSET, warmUp } from './planned-bookings.ts';

/** Precall as `precall start` runs it, which is told of its bookings by webhooks. */
export async function startPrecall(): Promise<Peer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'precall-bench-'));
  await writeChoices(dataDir, REMINDERS_ONLY);
  const [webhookSecret, installationKey] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];

  const executable = await provisionTemporalCli({ env: process.env, say: console.log });
  const temporal = await startTemporalServer({ executable, dbFilename: join(dataDir, 'temporal.db') });
  const { process: sink, smtpUrl, mails } = await startMailSink();

  const port = await getPort({ host: '127.0.0.1' });
  const file = fileURLToPath(new URL('../../src/cli/precall.ts', import.meta.url));
  const settings = {
    PORT: `${port}`,
    DATA_DIR: dataDir,
    TEMPORAL_ADDRESS: temporal.address,
    SMTP_URL: smtpUrl,
    CALCOM_WEBHOOK_SECRET: webhookSecret,
    INSTALLATION_KEY: installationKey,
    REMINDER_OFFSETS: OFFSET.label,
    MEETING_THRESHOLD: '1m',
  };
  const precall = await startNode(file, ['start'], settings, { folder: dataDir });
  const target = { url: `http://127.0.0.1:${port}`, webhookSecret };
  await untilItAnswers(`${target.url}/ready`, precall);
  await warmUp(target);

  return {
    installationKey,
    mails,
    plan: (bookings) => bookAll(target, bookings),
    async stop() {
      await precall.stop();
      await sink.stop();
      await temporal.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
