import { isDeepStrictEqual } from 'node:util';

/** What of a booking its history is about. `report` is JSON without personal data. */
export interface Chapter {
  status: string;
  startsAt: Date;
  report: unknown;
}

export interface HistoryLine {
  action: string;
  old: Record<string, unknown> | null;
  new: Record<string, unknown>;
}

/**
 * The line of history that a run's report is worth, with what has changed of it.
 *
 * @param before undefined for the first report.
 * @returns undefined when neither status nor start nor reminders have changed: how Notion is doing fills no history.
 */
export function historyLineOf(before: Chapter | undefined, after: Chapter): HistoryLine | undefined {
  const now = fieldsOf(after.report);
  if (!before) return { action: 'booked', old: null, new: now };

  const then = fieldsOf(before.report);
  const changed = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter(
    (field) => !isDeepStrictEqual(then[field], now[field]),
  );
  const action = actionOf(before, after, changed);
  return action === undefined ? undefined : { action, old: pick(then, changed), new: pick(now, changed) };
}

function actionOf(before: Chapter, after: Chapter, changed: readonly string[]): string | undefined {
  if (before.status !== after.status) return after.status;
  if (before.startsAt.getTime() !== after.startsAt.getTime()) return 'moved';
  return changed.includes('reminders') ? 'updated' : undefined;
}

function fieldsOf(report: unknown): Record<string, unknown> {
  return (report ?? {}) as Record<string, unknown>;
}

function pick(fields: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]]));
}
