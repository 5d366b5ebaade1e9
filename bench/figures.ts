/** One mail as the sink took it. `acceptedAt` is epoch milliseconds. */
export interface AcceptedMail {
  messageId: string;
  acceptedAt: number;
}

/** One mail as it should be. `dueAt` is epoch milliseconds. */
export interface ExpectedMail {
  messageId: string;
  dueAt: number;
}

/** How many, and how long, in milliseconds. */
export interface Spread {
  min: number;
  p50: number;
  p99: number;
  max: number;
}

export interface MailFigures {
  lateness: Spread | undefined;
  missing: number;
  doubled: number;
  /** Mails that nobody expected. */
  foreign: number;
  early: number;
}

/** Compares what arrived with what should have, mail by mail. */
export function compareMails(expected: readonly ExpectedMail[], accepted: readonly AcceptedMail[]): MailFigures {
  const dueAt = new Map(expected.map((mail) => [mail.messageId, mail.dueAt]));
  const arrivals = new Map<string, number>();
  for (const { messageId } of accepted) arrivals.set(messageId, (arrivals.get(messageId) ?? 0) + 1);
  const lateness = accepted.flatMap(({ messageId, acceptedAt }) => {
    const due = dueAt.get(messageId);
    return due === undefined ? [] : [acceptedAt - due];
  });
  return {
    lateness: spreadOf(lateness),
    missing: expected.filter(({ messageId }) => !arrivals.has(messageId)).length,
    doubled: [...arrivals.values()].filter((times) => times > 1).length,
    foreign: accepted.filter(({ messageId }) => !dueAt.has(messageId)).length,
    early: lateness.filter((ms) => ms < 0).length,
  };
}

/** Why the figures of a run mean nothing; undefined if they do. */
export function whyVoid({ missing, doubled, foreign, early }: MailFigures): string | undefined {
  const faults = Object.entries({ missing, doubled, foreign, early }).filter(([, count]) => count > 0);
  return faults.length > 0 ? faults.map(([fault, count]) => `${count} ${fault}`).join(', ') : undefined;
}

/** @returns undefined for no values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  const [min, p50, p99, max] = [sorted[0], at(0.5), at(0.99), sorted.at(-1)];
  return min === undefined || p50 === undefined || p99 === undefined || max === undefined
    ? undefined
    : { min, p50, p99, max };
}

/** What one window of an interleaved run measured: the subject, or what it is compared with. */
export interface Window {
  of: 'subject' | 'baseline';
  perSecond: number;
}

/**
 * Compares neighbours in time, for a machine's speed drifts: windows go subject, baseline, baseline, subject, subject, and so
 * on. Two subjects side by side are the control: what separates them is noise.
 */
export function compareNeighbours(windows: readonly Window[]): { ratios: number[]; control: number[] } {
  const ratios: number[] = [];
  const control: number[] = [];
  for (const [index, second] of windows.entries()) {
    const first = windows[index - 1];
    if (!first) continue;
    if (first.of !== second.of) {
      const [subject, baseline] = first.of === 'subject' ? [first, second] : [second, first];
      ratios.push(subject.perSecond / baseline.perSecond);
    } else if (first.of === 'subject') control.push(second.perSecond / first.perSecond);
  }
  return { ratios, control };
}

/** What became of the webhooks of a run, by their number. */
export interface DeliveryCounts {
  posted: number;
  /** Answered 202. */
  accepted: number;
  /** Rows of the store. */
  kept: number;
  dispatched: number;
  /** Started in Temporal. */
  runs: number;
}

/** Why the figures of a run mean nothing; undefined if nothing was lost and nothing came of nothing. */
export function whyCountsDiffer({ posted, ...counts }: DeliveryCounts): string | undefined {
  const faults = Object.entries(counts).filter(([, count]) => count !== posted);
  return faults.length > 0
    ? [`${posted} posted`, ...faults.map(([what, count]) => `${count} ${what}`)].join(', ')
    : undefined;
}

/** How `y` grows with `x`, both on logarithmic scales, by least squares: 0 is not at all, 1 is in proportion. */
export function slopeOf(points: readonly { x: number; y: number }[]): number {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (of: 'x' | 'y') => logs.reduce((sum, point) => sum + point[of], 0) / logs.length;
  const [meanX, meanY] = [mean('x'), mean('y')];
  const covariance = logs.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const variance = logs.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return covariance / variance;
}
