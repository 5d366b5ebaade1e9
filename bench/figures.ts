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
