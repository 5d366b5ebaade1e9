import type { BriefBlock } from '../../src/brief.ts';
import type { SandboxBlock } from '../../src/dev/notion-sandbox/contents.ts';
import type { NotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { createLocalPace } from '../../src/local-pace.ts';
import type { Ask, BeginAsking, Call } from '../../src/notion/ask.ts';
import type { Clock } from '../../src/notion/clock.ts';
import { createBeginAsking } from '../../src/notion/create-ask.ts';
import type { Brief, BriefLedger, BriefNotes } from '../../src/notion/publish-brief.ts';
import { aJumpingClock, aLog } from './asking.ts';

/** As many paragraphs, each told from the others. */
export function paragraphs(count: number, about = 'fact'): BriefBlock[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'paragraph', text: `${about} ${index + 1}` }));
}

export function aBrief(blocks: readonly BriefBlock[], facts: Partial<Brief> = {}): Brief {
  return { booking: { uid: 'a-booking' }, date: '2026-12-03', blocks, ...facts };
}

/** Keeps its notes as a store does: as JSON. */
export function aLedger(): BriefLedger & { notes: () => BriefNotes | undefined } {
  let kept: string | undefined;
  const notes = () => (kept === undefined ? undefined : (JSON.parse(kept) as BriefNotes));
  return {
    notes,
    read: async () => notes(),
    async note(next) {
      kept = JSON.stringify(next);
    },
    async stop(state, reason) {
      kept = JSON.stringify({ ...notes(), state, reason });
    },
  };
}

/** One piece of work after the other, on a clock that jumps. */
export function askingOf(
  sandbox: NotionSandbox,
  { clock = aJumpingClock(), requestsPerMinute = 100_000 }: { clock?: Clock; requestsPerMinute?: number } = {},
): BeginAsking {
  return createBeginAsking({
    token: sandbox.token,
    baseUrl: sandbox.url,
    pace: createLocalPace({ requestsPerMinute, now: clock.now }),
    log: aLog() as never,
    clock,
    random: () => 0.5,
  });
}

/** Its process ends at the n-th request: before it is sent, or when it has been answered and nobody has noted anything yet. */
export function dyingAt(ask: Ask, nth: number, moment: 'before' | 'after'): Ask {
  let count = 0;
  function deadly<T>(call: Call<T>): Call<T> {
    return async (client, attempt) => {
      count += 1;
      if (count === nth && moment === 'before') throw new Killed();
      const answer = await call(client, attempt);
      if (count === nth) throw new Killed();
      return answer;
    };
  }
  return {
    read: (call) => ask.read(deadly(call)),
    set: (call, isDone) => ask.set(deadly(call), isDone),
    add: (call, find) => ask.add(deadly(call), find),
  };
}

export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Counts what is sent. */
export function counting(ask: Ask): Ask & { requests: () => number } {
  let sent = 0;
  function counted<T>(call: Call<T>): Call<T> {
    return (client, attempt) => {
      sent += 1;
      return call(client, attempt);
    };
  }
  return {
    requests: () => sent,
    read: (call) => ask.read(counted(call)),
    set: (call, isDone) => ask.set(counted(call), isDone),
    add: (call, find) => ask.add(counted(call), find),
  };
}

/** The pages on a contact's. */
export function pagesUnder(sandbox: NotionSandbox, contactId: string): SandboxBlock[] {
  return sandbox.contacts.contentOf(contactId).filter(({ type }) => type === 'child_page');
}

/** What a person reads on a page, block by block. */
export function readingOf(sandbox: NotionSandbox, pageId: string): string[] {
  return sandbox.contacts.contentOf(pageId).map(({ text }) => text);
}

/** Without the lines that close a part. */
export function withoutClosingLines(texts: readonly string[]): string[] {
  return texts.filter((text) => !/^[0-9a-f]{10} part \d+\/\d+ [0-9a-f]{6}$/.test(text));
}
