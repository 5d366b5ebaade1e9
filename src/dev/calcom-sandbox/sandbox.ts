import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { postWebhook } from '../sample-booking.ts';
import { servePage } from '../serve-page.ts';
import { give, readJson, startStandInServer } from '../stand-in-server.ts';
import { type Answer, ApiError, answerOfError, badRequest } from './answers.ts';
import { createApi, webhookTo } from './api.ts';
import { CONTROL_PATH, performOperation } from './control.ts';
import { createFaults, type Fault, type FaultAction } from './faults.ts';
import { openWorld } from './kept-world.ts';
import { createOperations, type Operations, type SentWebhook } from './operations.ts';
import { renderSandboxPage } from './sandbox-page.ts';
import type { WebhookBody } from './webhook-bodies.ts';
import { change, type SandboxBooking } from './world.ts';

export { edgeAnswer, errorAnswer, type Fault, type FaultAction, rateLimited } from './faults.ts';
export type { How, Operations, Order, Performed, Person, SentWebhook } from './operations.ts';
export type { SandboxAttendee, SandboxBooking } from './world.ts';

const PAGE_PATH = '/sandbox';
const LARGEST_BODY = 100_000;

export interface CalcomSandboxOptions {
  /** A free one by default. */
  port?: number;
  host?: string;
  /** What callers must bring; made up by default. */
  apiKey?: string;
  /** Where bookings are kept; in memory by default. */
  file?: string;
  /** Where webhooks go; nowhere until it is known: see {@link CalcomSandbox.subscribe}. */
  webhook?: Subscriber;
}

/** Where the webhooks go: the address of the server, and what they are signed with, if anything. */
export interface Subscriber {
  url: string;
  secret: string | undefined;
}

/** One request of the API as it was met. The key is not kept. */
export interface JournalEntry {
  /** Epoch milliseconds. */
  at: number;
  method: string;
  path: string;
  query: string;
  /** Absent if no answer was given. */
  status?: number;
}

export interface CalcomSandbox extends Operations {
  /** What `CALCOM_BASE_URL` is set to. */
  url: string;
  apiKey: string;
  /** Where a person sees the bookings. */
  pageUrl: string;
  bookings(): readonly SandboxBooking[];
  /** @throws {Error} when there is none. */
  booking(uid: string): SandboxBooking;
  /** Changes a booking behind everybody's back. */
  alter(uid: string, changes: Partial<SandboxBooking>): void;
  /** As if it had never been. */
  remove(uid: string): void;
  subscribe(webhook: Subscriber): void;
  /** Requests to the API, oldest first. */
  journal: readonly JournalEntry[];
  /** What was sent, oldest first. */
  webhooks: readonly SentWebhook[];
  /** Lets matching requests to the API fail from now on. */
  fail(fault: Fault): void;
  /** Forgets the faults still in wait. */
  heal(): void;
  stop(): Promise<void>;
}

/**
 * Starts a server that speaks the part of Cal.com's API that we use, over bookings of its own, and sends Cal.com's webhooks
 * of what is done to them.
 *
 * @throws {Error} if the port is taken.
 */
export async function startCalcomSandbox(options: CalcomSandboxOptions = {}): Promise<CalcomSandbox> {
  const { port = 0, host = '127.0.0.1', apiKey = `cal_${randomBytes(24).toString('hex')}`, file } = options;
  const { world, save } = openWorld(file);
  const faults = createFaults();
  const journal: JournalEntry[] = [];
  const webhooks: SentWebhook[] = [];
  let subscriber = options.webhook;

  const operations = createOperations(world, {
    save,
    async tell(uid, body) {
      if (!subscriber) return undefined;
      const webhook = await send(subscriber, uid, body);
      webhooks.push(webhook);
      return webhook;
    },
  });
  const api = createApi(world, apiKey, operations, () => (subscriber ? [webhookTo(subscriber.url)] : []));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const url = new URL(request.url ?? '/', 'http://sandbox');
    if (url.pathname === PAGE_PATH) return servePage(request, response, () => renderSandboxPage(world, webhooks));
    if (url.pathname === CONTROL_PATH) return give(response, await control(request, apiKey, operations));

    const entry: JournalEntry = { at: Date.now(), method, path: url.pathname, query: url.search };
    journal.push(entry);
    const body = method === 'POST' ? await bodyOf(request) : undefined;
    await meet(faults.take(`${url.pathname}${url.search}`), () => api({ method, url, headers, body }), response, entry);
  }

  const { url, stop } = await startStandInServer(serve, { port, host });
  const booking = (uid: string) => {
    const found = world.get(uid);
    if (!found) throw new Error(`The sandbox has no booking ${uid}`);
    return found;
  };

  return {
    ...operations,
    url,
    apiKey,
    pageUrl: `${url}${PAGE_PATH}`,
    bookings: () => [...world.values()],
    booking,
    alter(uid, changes) {
      change(booking(uid), changes);
      save();
    },
    remove(uid) {
      world.delete(uid);
      save();
    },
    subscribe: (webhook) => {
      subscriber = webhook;
    },
    journal,
    webhooks,
    fail: (fault) => faults.add(fault),
    heal: () => faults.clear(),
    stop,
  };
}

/** Once, as Cal.com's direct sender does: what is not taken is lost. */
async function send({ url, secret }: Subscriber, uid: string, body: WebhookBody): Promise<SentWebhook> {
  const webhook: SentWebhook = { at: Date.now(), trigger: body.triggerEvent, uid, body };
  try {
    return { ...webhook, ...(await postWebhook(url, secret, body)) };
  } catch {
    return webhook;
  }
}

async function control(request: IncomingMessage, apiKey: string, operations: Operations): Promise<Answer> {
  try {
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      throw new ApiError(401, 'UnauthorizedException', 'Invalid API Key.');
    }
    if (request.method !== 'POST') throw badRequest('Operations are posted.');
    const sent = await readJson(request, LARGEST_BODY);
    if ('fault' in sent) throw badRequest(sent.fault);
    return await performOperation(operations, sent.value);
  } catch (error) {
    if (error instanceof ApiError) return answerOfError(error);
    throw error;
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const sent = await readJson(request, LARGEST_BODY);
  return 'value' in sent ? sent.value : undefined;
}

/** Answers a request, unless a fault has it otherwise. */
async function meet(
  fault: FaultAction | undefined,
  answerAsEver: () => Promise<Answer>,
  response: ServerResponse,
  entry: JournalEntry,
): Promise<void> {
  if (fault === 'hang') return;
  if (fault === 'drop') return void response.destroy();
  if (typeof fault === 'object' && 'delayMs' in fault) await sleep(fault.delayMs, undefined, { ref: false });

  const answer = typeof fault === 'object' && 'answer' in fault ? fault.answer : await answerAsEver();
  entry.status = answer.status;
  give(response, answer, { half: fault === 'hang-in-body' });
}
