import { condition, log } from '@temporalio/workflow';
import type { ContactUpdate } from '../activities/index.ts';
import { failureReason } from './failure-reason.ts';
import type { NotionReport } from './messages.ts';
import { notionActivities } from './notion-activities.ts';
import { unlessOvertaken } from './unless-overtaken.ts';

export interface ContactWatch {
  /** The row as it should be now; undefined when it is not this booking's to keep any more. */
  wanted: () => ContactUpdate | undefined;
  /** Whether `wanted` will change no more. */
  isFinal: () => boolean;
  /** When trying ends, epoch milliseconds. */
  giveUpAt: () => number;
  taskQueue: string;
  /** Takes what has become of it, and meanwhile what it waits for. */
  report: (report: NotionReport) => void;
}

/**
 * Keeps the booker's row in Notion as it should be, until what it should be is final.
 *
 * One writer at a time: when something else is wanted, a write that is being retried is withdrawn and one that is under
 * way is waited for. A write that failed for good is left at that until something else is wanted.
 */
export async function keepContact(watch: ContactWatch): Promise<void> {
  const { wanted, isFinal, report } = watch;
  for (;;) {
    const update = wanted();
    const overtaken = () => !isSame(update, wanted());
    const written = update && (await write(update, overtaken, watch));
    if (written) report(written);

    await condition(() => overtaken() || isFinal());
    if (!overtaken()) return;
  }
}

/**
 * Tries until it is written. What it has to wait for is reported once and then waited out, which takes no history.
 *
 * @returns undefined if it was overtaken.
 */
async function write(
  update: ContactUpdate,
  overtaken: () => boolean,
  watch: ContactWatch,
): Promise<NotionReport | undefined> {
  const told: Record<string, string> = {};
  let waitsFor = 'notion_unavailable';
  try {
    for (;;) {
      const toldSoFar = waitsFor in told ? { ...update, told } : update;
      const report = await unlessOvertaken(overtaken, () => attempt(toldSoFar, watch));
      if (report?.outcome !== 'pending') return report;
      waitsFor = report.reason ?? waitsFor;
      told[waitsFor] = new Date().toISOString();
      watch.report(report);
    }
  } catch (error) {
    const reason = failureReason(error, waitsFor);
    log.warn('Notion contact not updated', { bookingUid: update.booking.uid, reason });
    return { outcome: 'failed', reason };
  }
}

function attempt(update: ContactUpdate, { giveUpAt, taskQueue }: ContactWatch): Promise<NotionReport> {
  const summary = `Notion contact: ${update.standing}`;
  return notionActivities({ taskQueue, giveUpAt: giveUpAt(), summary }).updateContact(update);
}

function isSame(a: ContactUpdate | undefined, b: ContactUpdate | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
