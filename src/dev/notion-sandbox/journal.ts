import { randomBytes } from 'node:crypto';
import type { Answer } from './answers.ts';
import { factsOf, fingerprintOf, isLastOf, type RequestFacts, type SentRequest } from './request-facts.ts';

/** One request as it was met. Neither token nor body nor anybody's address is kept. Instants are of the sandbox's clock. */
export interface JournalEntry {
  /** Epoch milliseconds. */
  at: number;
  /** When the answer was handed over, or the connection ended; absent while it goes on. */
  endedAt?: number;
  method: string;
  path: string;
  /** Absent if no answer was given. */
  status?: number;
  /** Of an error, in Notion's word. */
  code?: string;
  /** Whether it changed something. */
  committed: boolean;
  /** Whether the caller hung up before the answer was through. */
  abandoned: boolean;
  /** The page it was to write on, or around what it was to write; the parent of a new page. */
  page?: string;
  /** What came into being. */
  created?: string[];
  /** What went wrong on purpose. */
  fault?: string;
}

/** A request with what the assertions need to know of it. */
export interface Exchange {
  entry: JournalEntry;
  facts: RequestFacts;
  /** Whose it was, recognizable only within one sandbox. */
  caller: string;
  /** Its place among all beginnings and endings: instants may be the same, or stand still. */
  began: number;
  ended?: number;
  /** Whether the whole answer was handed over. */
  isWhole: boolean;
  /** Of a look-up that was answered: whether nothing was left to look at. */
  sawLast: boolean;
  /** Until when Notion has asked to be left alone, and by whom: its caller, or everybody. */
  hold?: { until: number; ofAll: boolean };
  /** Whether it has changed what may be chosen in a property. */
  changedOptions: boolean;
}

export interface Journal {
  /** Oldest first. */
  entries: JournalEntry[];
  exchanges: readonly Exchange[];
  begin(request: SentRequest & { token: string }): Exchange;
  /** @param isWhole whether the caller gets all of the answer. */
  answered(exchange: Exchange, answer: Answer, isWhole: boolean): void;
  /** Nothing more comes of it. */
  ended(exchange: Exchange): void;
  clear(): void;
}

export function createJournal(now: () => number): Journal {
  const entries: JournalEntry[] = [];
  const exchanges: Exchange[] = [];
  const key = randomBytes(8).toString('hex');
  let ticks = 0;

  const end = (exchange: Exchange) => {
    if (exchange.ended !== undefined) return;
    exchange.ended = ++ticks;
    exchange.entry.endedAt = now();
  };

  return {
    entries,
    exchanges,
    begin({ token, ...request }) {
      const { method } = request;
      const entry: JournalEntry = {
        at: now(),
        method,
        path: withoutAddresses(request.path, token),
        committed: false,
        abandoned: false,
      };
      const exchange: Exchange = {
        entry,
        facts: factsOf(request),
        caller: fingerprintOf(`${key}${token}`),
        began: ++ticks,
        isWhole: false,
        sawLast: false,
        changedOptions: false,
      };
      entries.push(entry);
      exchanges.push(exchange);
      return exchange;
    },
    answered(exchange, answer, isWhole) {
      const { entry } = exchange;
      entry.status = answer.status;
      const code = codeOf(answer);
      if (code) entry.code = code;
      exchange.sawLast = answer.status === 200 && isLastOf(answer);
      exchange.isWhole = isWhole;
      const hold = holdOf(answer, now());
      if (hold) exchange.hold = hold;
    },
    ended: end,
    clear() {
      entries.length = 0;
      exchanges.length = 0;
    },
  };
}

/** A caller that mixes things up may have put anything into the path. */
function withoutAddresses(path: string, token: string): string {
  const clean = path.replaceAll(/[^/]*(@|%40)[^/]*/gi, '…');
  return token === '' ? clean : clean.replaceAll(token, '…');
}

function codeOf({ body }: Answer): string | undefined {
  const { code } = (body ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[a-z_]{1,60}$/.test(code) ? code : undefined;
}

/** The header holds whole seconds or an HTTP date; the body repeats the seconds as text. */
function holdOf({ status, headers, body }: Answer, now: number): Exchange['hold'] | undefined {
  if (status !== 429 && status !== 529) return undefined;
  const { additional_data: more = {} } = (body ?? {}) as { additional_data?: Record<string, unknown> };
  const reason = String(more['rate_limit_reason']);
  const text = String(headers['retry-after'] ?? more['retry_after'] ?? '');
  const until = /^\d+$/.test(text) ? now + Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(until) || reason.endsWith('_blocked')) return undefined;
  return { until, ofAll: reason === 'public_api_space_request_rate_limit' || status === 529 };
}
