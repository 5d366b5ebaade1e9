import { spreadOf } from '../bench/figures.ts';
import type { Violation } from './checker.ts';
import { acknowledgedAt, grouped, mailKeyOf } from './evidence.ts';
import type { FaultResults } from './faults.ts';
import { VICTIMS } from './stack.ts';

export interface FaultFigures {
  /** Different bodies. */
  posted: number;
  acknowledged: number;
  /** Acknowledged, and not in the store. */
  lost: number;
  mails: number;
  /** Mails that were taken more than once. */
  doubled: { flagged: number; unflagged: number };
  /** Reminders that were not sent, or that nobody knows of, by their reason. */
  unsent: Record<string, number>;
}

export function figuresOf({ evidence }: Pick<FaultResults, 'evidence'>): FaultFigures {
  const { webhooks, mails, mailRows, deliveries, reminders } = evidence;
  const acknowledged = new Set(
    webhooks.filter((webhook) => acknowledgedAt(webhook) !== undefined).map(({ bodyHash }) => bodyHash),
  );
  const kept = new Set(deliveries.map(({ bodyHash }) => bodyHash));

  const flaggedKeys = new Set(mailRows.filter(({ possibleDuplicate }) => possibleDuplicate).map(mailKeyOf));
  const flaggedIds = new Set(reminders.filter((reminder) => flaggedKeys.has(mailKeyOf(reminder))).map(messageIdIn));
  const doubled = [...grouped(mails, messageIdIn)].filter(([, copies]) => copies.length > 1);
  const flagged = doubled.filter(([messageId]) => flaggedIds.has(messageId)).length;

  const unsent: FaultFigures['unsent'] = {};
  for (const { state, reason = state } of mailRows) {
    if (state !== 'sent') unsent[reason] = (unsent[reason] ?? 0) + 1;
  }
  return {
    posted: new Set(webhooks.map(({ bodyHash }) => bodyHash)).size,
    acknowledged: acknowledged.size,
    lost: [...acknowledged].filter((hash) => !kept.has(hash)).length,
    mails: mails.length,
    doubled: { flagged, unflagged: doubled.length - flagged },
    unsent,
  };
}

const SHOWN_VIOLATIONS = 20;

/** The run as Markdown: what was killed, what came of it, and what does not hold. */
export function report(results: FaultResults): string {
  const { recoveries, violations } = results;
  const { posted, acknowledged, lost, mails, doubled, unsent } = figuresOf(results);
  const reasons = Object.entries(unsent).map(([reason, count]) => `${reason} ${count}`);
  return [
    '',
    '| killed | times | works again after p50 / max |',
    '| --- | --- | --- |',
    ...VICTIMS.map((victim) => `| ${victim} | ${recoveries[victim].length} | ${startsOf(recoveries[victim])} |`),
    '',
    '| | |',
    '| --- | --- |',
    `| webhooks posted / acknowledged / lost | ${posted} / ${acknowledged} / ${lost} |`,
    `| mails taken | ${mails} |`,
    `| mails taken twice, flagged / unflagged | ${doubled.flagged} / ${doubled.unflagged} |`,
    `| reminders not sent, by reason | ${reasons.join(', ') || 'none'} |`,
    `| violations | ${violations.length} |`,
    '',
    ...violations.slice(0, SHOWN_VIOLATIONS).map(lineOf),
  ].join('\n');
}

function messageIdIn({ messageId }: { messageId: string }): string {
  return messageId;
}

function startsOf(durations: readonly number[]): string {
  const spread = spreadOf(durations);
  return spread ? `${[spread.p50, spread.max].map((ms) => (ms / 1_000).toFixed(1)).join(' / ')} s` : '–';
}

function lineOf({ invariant, about, what }: Violation): string {
  return `- ${invariant}, ${about}: ${what}`;
}
