import type { Logger } from 'pino';
import { jittered } from './back-off.ts';

export interface Schedule {
  /** Waits for the work that is under way, which is told to end. */
  stop(): Promise<void>;
}

export interface ScheduleOptions {
  firstAfterMs: number;
  /** From the end of one to the start of the next; a little less by chance, so that servers take turns. */
  everyMs: number;
  /** May fail: it is logged and tried again the next time. */
  work: (stopping: AbortSignal) => Promise<unknown>;
  /** What the work is called in the log. */
  name: string;
  log: Logger;
}

/** Does something now and then, one at a time. */
export function startSchedule({ firstAfterMs, everyMs, work, name, log }: ScheduleOptions): Schedule {
  const stopping = new AbortController();
  let underWay: Promise<void> = Promise.resolve();
  let timer = setTimeout(turn, jittered(firstAfterMs));

  function turn() {
    underWay = work(stopping.signal)
      .catch((err: unknown) => log.warn({ err }, `${name} did not work out: it is tried again later`))
      .then(() => {
        if (!stopping.signal.aborted) timer = setTimeout(turn, jittered(everyMs));
      });
  }

  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await underWay;
    },
  };
}
