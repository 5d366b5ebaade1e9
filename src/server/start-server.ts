import type { Logger } from 'pino';
import type { CalcomApi } from '../calcom/api.ts';
import { siteOfApi } from '../calcom/read-pages.ts';
import type { Config } from '../config.ts';
import { parseMailbox } from '../email/mailbox.ts';
import { createLinks, publicUrlOf } from '../link.ts';
import type { Store } from '../store/store.ts';
import type { BookingRuns } from '../temporal/booking-runs.ts';
import { createDispatcher } from './dispatcher.ts';
import { createHousekeeping } from './housekeeping.ts';
import { listen } from './listen.ts';
import { createRestorer } from './lost-runs.ts';
import type { ReconcileNow } from './reconcile-api.ts';
import { startSchedule } from './schedule.ts';
import { createServer } from './server.ts';
import type { ReadBody } from './verdict.ts';

export interface PrecallServerOptions {
  config: Pick<Config, 'server' | 'store' | 'calcom' | 'email' | 'timeZone'>;
  /** Stays open when the server stops, as do the runs. */
  store: Store;
  runs: BookingRuns;
  /** Undefined, as is `reconcile`, where there is no key to ask Cal.com with. */
  calcom?: CalcomApi | undefined;
  reconcile?: ReconcileNow | undefined;
  installationKey: string;
  /** How bodies are read; as this version does it by default. */
  read?: ReadBody;
  log: Logger;
}

export interface PrecallServer {
  /** Its own address. */
  url: string;
  /** Takes no more requests, and ends what is under way; takes some seconds at most. */
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;

/**
 * Starts to take webhooks, to dispatch what the inbox holds, to put back runs that were lost, and to forget what is old. Temporal
 * need not be there.
 *
 * @throws {OperatorError} when it cannot listen.
 */
export async function startPrecallServer(options: PrecallServerOptions): Promise<PrecallServer> {
  const { config, store, runs, calcom, reconcile, installationKey, read, log } = options;
  const { inbox, bookings } = store;
  const dispatcher = createDispatcher({ inbox, bookings, runs, log });
  const restorer = createRestorer({ inbox, bookings, runs, dispatcher, log });
  const housekeeping = createHousekeeping({ store, ...config.store, log });

  const app = createServer({
    config: config.server,
    inbox,
    mailEvents: store.mailEvents,
    suppressions: store.suppressions,
    runs,
    dispatcher,
    restorer,
    reconcile,
    installationKey,
    site: siteOfApi(config.calcom.baseUrl),
    pages: {
      links: createLinks({ installationKey, publicUrl: publicUrlOf(config.server) }),
      findings: store.findings,
      calcom,
      calendarFrom: parseMailbox(config.email.from),
      fallbackTimeZone: config.timeZone,
    },
    ...(read && { read }),
    log,
  });
  const url = await listen(app, config.server);
  dispatcher.start();
  const schedules = [
    startSchedule({
      name: 'the search for lost runs',
      firstAfterMs: MINUTE_MS,
      everyMs: 10 * MINUTE_MS,
      work: (stopping) => restorer.restoreLost({ stopping }),
      log,
    }),
    startSchedule({
      name: 'forgetting what is old',
      firstAfterMs: 2 * MINUTE_MS,
      everyMs: 60 * MINUTE_MS,
      work: housekeeping,
      log,
    }),
  ];
  runs.prepare().catch(() => log.warn('Temporal does not answer yet: what arrives is kept until it does'));

  return {
    url,
    async stop() {
      await app.close();
      await Promise.all([...schedules.map((schedule) => schedule.stop()), dispatcher.stop()]);
    },
  };
}
