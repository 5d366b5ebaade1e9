/**
 * How long to wait before the next attempt: twice as long after each, from 1 s to 60 s, and up to a fifth less by chance, so that
 * what failed together is not tried again together.
 */
export function backOffMs(attempts: number): number {
  return jittered(Math.min(1_000 * 2 ** (Math.max(1, attempts) - 1), 60_000));
}

/** Up to a fifth less, by chance: what has started together on several servers drifts apart. */
export function jittered(ms: number): number {
  return Math.round(ms * (1 - Math.random() / 5));
}
