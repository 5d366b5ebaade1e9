import { createHmac } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach } from 'vitest';
import { type BookingEvent, workflowIdOf } from '../../src/booking.ts';
import { createServer, type ServerOptions } from '../../src/server/server.ts';
import type { BookingRuns } from '../../src/temporal/booking-runs.ts';

export const SECRET = 'cal-fixture-secret';

/** Runs in memory, which can fail on request. */
export interface FakeRuns extends BookingRuns {
  /** What they were told, oldest first. */
  heard: BookingEvent[];
  /** Decides what becomes of an event; throws to have it fail. */
  onTell: (event: BookingEvent) => 'accepted' | 'closed';
  notReady: string | undefined;
}

function createFakeRuns(): FakeRuns {
  const runs: FakeRuns = {
    heard: [],
    onTell: () => 'accepted',
    notReady: undefined,
    prepare: async () => undefined,
    async tell(event) {
      const result = runs.onTell(event);
      runs.heard.push(event);
      return { workflowId: workflowIdOf(event.booking), result };
    },
    whyNotReady: async () => runs.notReady,
    close: async () => undefined,
  };
  return runs;
}

export interface TestServer {
  app: FastifyInstance;
  runs: FakeRuns;
  /** Every line logged so far, at any level. */
  logged: () => string;
}

/** Makes whole servers for one test each, and closes them after it. */
export function useServers() {
  const running: FastifyInstance[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.close()));
  });

  return ({ webhookSecrets = [SECRET], allowUnsigned = false }: Partial<ServerOptions['config']> = {}): TestServer => {
    const runs = createFakeRuns();
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
    const installationKey = 'installation-key-of-the-tests-0123456789';
    const app = createServer({ config: { webhookSecrets, allowUnsigned }, runs, installationKey, log });
    running.push(app);
    return { app, runs, logged: () => lines.join('') };
  };
}

export function sign(body: string | Buffer, secret = SECRET): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** Posts bytes as Cal.com would, but for what the story is about; a header that is undefined is left out. */
export function post(
  { app }: TestServer,
  body: string | Buffer,
  headers: Record<string, string | undefined> = {},
  url = '/webhook/calcom-booking',
) {
  const all = {
    host: 'localhost:8000',
    'content-type': 'application/json',
    'x-cal-signature-256': sign(body),
    'x-cal-webhook-version': '2021-10-20',
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return app.inject({ method: 'POST', url, payload: body, headers: given });
}
