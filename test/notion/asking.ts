import { createLocalPace } from '../../src/local-pace.ts';
import type { Call } from '../../src/notion/ask.ts';
import type { NotionRequest } from '../../src/notion/client.ts';
import type { Clock } from '../../src/notion/clock.ts';
import { type AskOptions, createBeginAsking } from '../../src/notion/create-ask.ts';
import { PAGE_ID, type ScriptedNotion } from './scripted-notion.ts';

/** Time that passes only while somebody sleeps, and then at once. */
export interface JumpingClock extends Clock {
  /** How long somebody slept each time; not the sleeps of no time at all. */
  naps: number[];
  /** Done in the middle of the next sleep. */
  meanwhile(act: () => void | Promise<void>): void;
  pass(ms: number): void;
}

export function aJumpingClock(): JumpingClock {
  const naps: number[] = [];
  let [now, act]: [number, (() => void | Promise<void>) | undefined] = [0, undefined];
  return {
    naps,
    now: () => now,
    async sleep(ms) {
      if (ms > 0) naps.push(ms);
      now += ms / 2;
      const acted = act?.();
      act = undefined;
      await acted;
      now += ms / 2;
    },
    meanwhile: (toDo) => {
      act = toDo;
    },
    pass: (ms) => {
      now += ms;
    },
  };
}

/** A log that keeps what it is told. */
export function aLog() {
  const lines: { level: string; facts: object; message: string }[] = [];
  const at = (level: string) => (facts: object, message: string) => void lines.push({ level, facts, message });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

/** Asking a scripted Notion, at the pace of one process, on a clock that jumps. */
export function anAsking(notion: ScriptedNotion, options: Partial<AskOptions> = {}) {
  const clock = aJumpingClock();
  const log = aLog();
  const pace = createLocalPace({ requestsPerMinute: 150, now: clock.now });
  const requests: NotionRequest[] = [];
  const begin = createBeginAsking({
    token: 'ntn_secret',
    baseUrl: notion.url,
    timeoutsMs: { read: 10_000, write: 10_000 },
    pace,
    log: log as never,
    clock,
    random: () => 0.5,
    onRequest: (request) => requests.push(request),
    ...options,
  });
  return { begin, clock, log, pace, requests };
}

export const readPage: Call<{ id: string }> = (client) => client.pages.retrieve({ page_id: PAGE_ID });

export const setTitle: Call<unknown> = (client) =>
  client.pages.update({ page_id: PAGE_ID, properties: { title: { title: [{ text: { content: 'New' } }] } } });

export const addPage: Call<{ id: string }> = (client) =>
  client.pages.create({ parent: { page_id: PAGE_ID }, properties: {} });
