/** Fewer than these are no rush; a mail server is talked to over as many connections at once. */
const FEW = 10;
const LONGEST_WAIT_MS = 5_000;

/**
 * Lets mails that are due at one instant all leave before anything else is done about any of them: what Temporal makes of a mail that
 * has left takes as much processor time as sending the next one.
 *
 * @returns runs `send`, and settles as it does: at once, or during a rush when it is over, after 5 s at the latest.
 */
export function createRush(): <T>(send: () => Promise<T>) => Promise<T> {
  let leaving = 0;
  const held = new Set<() => void>();

  async function untilItIsOver(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(release, LONGEST_WAIT_MS);
      function release(): void {
        clearTimeout(timer);
        held.delete(release);
        resolve();
      }
      held.add(release);
    });
  }

  return async (send) => {
    leaving += 1;
    try {
      return await send();
    } finally {
      leaving -= 1;
      if (leaving >= FEW) await untilItIsOver();
      else for (const release of held) release();
    }
  };
}
