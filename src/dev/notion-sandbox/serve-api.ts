import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Serve } from '../stand-in-server.ts';
import type { Answer } from './answers.ts';
import type { ApiRequest, Performed } from './api.ts';
import { optionSetsOf } from './evidence.ts';
import { courseOf, nameOf, type Sending } from './fault-course.ts';
import type { Fault, Faults } from './faults.ts';
import type { Exchange, Journal, JournalEntry } from './journal.ts';
import type { RequestBudget } from './limits.ts';
import { send } from './sending.ts';
import { pageAround, type World } from './world.ts';
import { changeWorld, type WorldChange } from './world-changes.ts';

export interface ServeApiOptions {
  world: World;
  /** The one that Notion knows. */
  token: string;
  api: (request: ApiRequest) => Performed;
  faults: Faults;
  budget: RequestBudget;
  journal: Journal;
  /** Told of every request when it is over. */
  log: ((entry: JournalEntry) => void) | undefined;
}

/** The answer is then all there is to come. */
const ENDINGS: readonly Sending[] = ['whole', 'truncated', 'empty', 'hang-up'];
/** The caller does not even get to see a status. */
const WITHOUT_STATUS: readonly Sending[] = ['nothing', 'half-headers', 'hang-up'];

const NO_ANSWER: Answer = { status: 200, body: '', headers: {} };

/** Answers requests of the API, within the limits, unless a fault has it otherwise; and notes each of them. */
export function createServeApi({ world, token, api, faults, budget, journal, log }: ServeApiOptions): Serve {
  return async (request, response) => {
    const received = await receive(request);
    const exchange = journal.begin(received);
    response.on('close', () => {
      exchange.entry.abandoned = !response.writableFinished && exchange.ended === undefined;
      journal.ended(exchange);
      log?.(exchange.entry);
    });

    const course = courseOf(faultOf(received, exchange));
    if (course.change) tryChange(course.change, exchange);
    notePage(exchange);
    await pause(course.waitBeforeMs);
    const given = course.isCarriedOut ? perform(received, exchange) : undefined;
    await pause(course.waitAfterMs);
    const answer = course.instead?.({ request: received, given, at: world.now() }) ?? given?.answer ?? NO_ANSWER;

    // Noted before the caller can see it: its next request may be here before this connection says that it is through.
    if (!WITHOUT_STATUS.includes(course.sending)) journal.answered(exchange, answer, course.sending === 'whole');
    if (ENDINGS.includes(course.sending)) journal.ended(exchange);
    send(response, answer, course.sending);
  };

  /** Only a caller that Notion knows has a budget. */
  function faultOf(received: Received, { entry }: Exchange): Pick<Fault, 'action' | 'phase'> | undefined {
    const over = received.token === token ? budget.take(token) : undefined;
    if (over) return { action: { rateLimit: over } };
    const fault = faults.take(received);
    if (fault) entry.fault = nameOf(fault.action);
    return fault;
  }

  function tryChange(change: WorldChange, { entry }: Exchange): void {
    try {
      changeWorld(world, change);
    } catch (error) {
      // A change that comes round again may find nothing left to change.
      entry.fault += `: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** Before it is carried out: a block may be gone afterwards. */
  function notePage({ entry, facts }: Exchange): void {
    const page = facts.changes === undefined ? undefined : pageAround(world, facts.changes);
    if (page) entry.page = page.id;
  }

  function perform(received: Received, exchange: Exchange): Performed {
    const optionsBefore = optionSetsOf(world);
    const performed = api(received);
    if (performed.committed) {
      const created = idsOfNew(received, performed.answer);
      if (created.length > 0) exchange.entry.created = created;
      exchange.entry.committed = true;
      exchange.changedOptions = optionSetsOf(world) !== optionsBefore;
    }
    return performed;
  }
}

interface Received extends ApiRequest {
  /** Empty where there is none. */
  token: string;
}

async function receive(request: IncomingMessage): Promise<Received> {
  const { method = 'GET', url = '/', headers } = request;
  const [path = '/', query = ''] = url.split('?', 2);
  const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
  return { method, path, query: new URLSearchParams(query), headers, token, body: await buffer(request) };
}

function idsOfNew({ method, path }: Received, { body }: Answer): string[] {
  const { id, results = [] } = body as { id?: string; results?: { id: string }[] };
  if (method === 'PATCH' && path.endsWith('/children')) return results.map((child) => child.id);
  return method === 'POST' && id !== undefined ? [id] : [];
}

/** Nobody has to wait for it to end. */
async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { ref: false });
}
