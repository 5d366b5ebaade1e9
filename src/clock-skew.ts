import type { Check } from './check.ts';

/** What an answer tells of the clock of whoever gave it. The instants are ours, epoch milliseconds. */
export interface ToldTime {
  /** The header `Date`: whole seconds. */
  date: string | null;
  askedAt: number;
  answeredAt: number;
}

/** Reminders leave by our clock, and calls begin by everybody's. */
const LARGEST_SKEW_MS = 60_000;

/** Compares our clock with somebody else's. @returns undefined where the answer does not tell the time. */
export function checkSkew(whose: string, { date, askedAt, answeredAt }: ToldTime): Check | undefined {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return undefined;
  // Their second began at most a second before they told it, and they told it between our two instants.
  const earliest = theirs - answeredAt;
  const latest = theirs + 999 - askedAt;
  const skewMs = earliest > 0 ? earliest : latest < 0 ? -latest : 0;
  const seconds = Math.round(skewMs / 1_000);
  if (skewMs <= LARGEST_SKEW_MS) {
    const message =
      seconds === 0 ? `This machine's clock and ${whose}'s agree.` : `${seconds} s apart from ${whose}'s.`;
    return { part: 'clock', what: whose, verdict: 'ok', message };
  }
  return {
    part: 'clock',
    what: whose,
    verdict: 'error',
    message:
      `This machine's clock is ${seconds} s ${earliest > 0 ? 'behind' : 'ahead of'} ${whose}'s: have it set over the network ` +
      '(timedatectl set-ntp true), or reminders leave at wrong times.',
  };
}
