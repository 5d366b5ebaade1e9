export const PEERS = ['timers', 'bullmq', 'pg-boss', 'pg-boss-defaults', 'precall'] as const;

export type PeerName = (typeof PEERS)[number];

export const PEER_TITLES: Record<PeerName, string> = {
  timers: 'bare timers, mails written ahead; not durable',
  bullmq: 'BullMQ, 50 jobs at once',
  'pg-boss': 'pg-boss, 5 workers × 50 jobs, every 0.5 s',
  'pg-boss-defaults': 'pg-boss, its defaults',
  precall: 'Precall',
};

/** What takes one job every so often, whatever waits, is given no more mails than it can send in minutes. */
const SLOW: Partial<Record<PeerName, { everyMs: number; most: number }>> = {
  'pg-boss-defaults': { everyMs: 2_000, most: 50 },
};
const PATIENCE_MS = 60_000;

/** How many mails it is given where the others are given so many. */
export function shareOf(peer: PeerName, count: number): number {
  return Math.min(count, SLOW[peer]?.most ?? count);
}

/** How long after the last due instant the last of so many mails may still come. */
export function patienceWith(peer: PeerName, mails: number): number {
  return PATIENCE_MS + mails * (SLOW[peer]?.everyMs ?? 0);
}

/** Each peer once a round, and every other round the other way about: a machine that grows slow is slow for all of them. */
export function turnsOf(peers: readonly PeerName[], rounds: number): PeerName[] {
  return Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? peers : peers.toReversed())).flat();
}
