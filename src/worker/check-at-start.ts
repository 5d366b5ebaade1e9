import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Check } from '../check.ts';
import type { Config } from '../config.ts';
import { checkNotion, limitOfLook, type NotionLook } from '../notion/doctor.ts';
import { OperatorError } from '../operator-error.ts';
import type { Lane } from '../pace.ts';
import type { NotionAccess } from './notion-access.ts';

export interface StartCheckOptions extends Pick<Config, 'notionChoices'> {
  notion: NotionAccess | 'off';
  log: Logger;
  timing?: Partial<StartTiming>;
}

/** Milliseconds. */
export interface StartTiming {
  /** For so long the start waits for Notion; by default longer where the pace takes longer. */
  firstLookMs: number;
  /** Between one look and the next, beside the worker. */
  pauseMs: number;
  /** After so long nobody looks any more. */
  goOnMs: number;
}

const FIRST_LOOK_MS = 10_000;
const LATER_LOOK_MS = 60_000;
const PAUSES = { pauseMs: 15_000, goOnMs: 5 * 60_000 };

/** Notion is not set up as bookings need it. */
export class NotionNotReady extends OperatorError {
  override readonly name = 'NotionNotReady';

  constructor(faults: readonly Check[]) {
    const lines = faults.map(({ what, message }) => `  ${what}: ${message}`);
    super(
      `Notion is not as Precall needs it (\`precall doctor\` tells more; NOTION=off does without):\n${lines.join('\n')}`,
    );
  }
}

/**
 * Looks whether Notion is as bookings need it before they are worked on. Where Notion does not answer, nobody waits for it: mails need
 * no Notion, and what bookings want of it is tried again until it answers. It is looked at for five more minutes then, and what is
 * found is told in the log.
 *
 * @returns what ends the looks beside the worker.
 * @throws {NotionNotReady} when only a person can help.
 */
export async function checkAtStart(options: StartCheckOptions): Promise<() => void> {
  const { notion, log, timing } = options;
  if (notion === 'off') return () => undefined;
  const lane = 'bookings';
  const limitMs = timing?.firstLookMs ?? limitOfLook(FIRST_LOOK_MS, { ...options.notionChoices, lane });
  const { checks, unanswered } = await look(options, notion, { lane, limitMs }).catch((error: unknown): NotionLook => {
    // A look that fails by itself says nothing about Notion.
    log.error({ err: error }, 'Notion could not be looked at');
    return { checks: [] };
  });
  const faults = checks.filter(({ verdict }) => verdict === 'error');
  if (faults.length > 0) throw new NotionNotReady(faults);
  tell(checks, log);
  if (!unanswered) return () => undefined;

  log.warn({ reason: unanswered.message }, 'Notion does not answer: the worker starts without it, and looks again');
  return goOnLooking(options, notion);
}

/** The same for who starts all the same: everything is told in the log, and nobody waits. */
export function tellAtStart(options: StartCheckOptions): () => void {
  const { notion } = options;
  return notion === 'off' ? () => undefined : goOnLooking(options, notion, { isFirst: true });
}

/** @returns what ends it. */
function goOnLooking(options: StartCheckOptions, notion: NotionAccess, { isFirst = false } = {}): () => void {
  const { log, timing, notionChoices } = options;
  const { pauseMs, goOnMs } = { ...PAUSES, ...timing };
  const lane = 'background';
  const limitMs = limitOfLook(LATER_LOOK_MS, { ...notionChoices, lane });
  const stopping = new AbortController();
  const until = performance.now() + goOnMs;

  async function looks(): Promise<void> {
    for (let pauses = isFirst ? 0 : 1; ; pauses = 1) {
      await sleep(pauses * pauseMs, undefined, { signal: stopping.signal, ref: false });
      const { checks, unanswered } = await look(options, notion, { lane, limitMs });
      if (stopping.signal.aborted) return;
      if (!unanswered) {
        tell(checks, log);
        if (!isFirst) log.info('Notion answers now');
        return;
      }
      if (performance.now() >= until) {
        tell(checks, log);
        log.warn(
          { reason: unanswered.message },
          'Notion still does not answer: what bookings want of it waits until it does',
        );
        return;
      }
    }
  }
  looks().catch((error: unknown) => {
    if (!stopping.signal.aborted) log.error({ err: error }, 'Notion could not be looked at');
  });
  return () => stopping.abort();
}

async function look(
  { notionChoices: choices }: StartCheckOptions,
  { settings, begin }: NotionAccess,
  { lane, limitMs }: { lane: Lane; limitMs: number },
): Promise<NotionLook> {
  return checkNotion({ settings, begin, choices, lane, limitMs });
}

function tell(checks: readonly Check[], log: Logger): void {
  for (const { what, verdict, message } of checks) {
    if (verdict === 'warning') log.warn({ what }, message);
    if (verdict === 'error') log.error({ alert: 'notion_not_ready', what }, message);
  }
}
