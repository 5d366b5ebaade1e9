/** tsx and npm hand on a Ctrl-C that the terminal has sent to every process already: it then comes twice, and is still one. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Waits for Ctrl-C or a stop from the process manager. A second Ctrl-C does not wait for a graceful end.
 *
 * @returns the signal's name.
 */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const hear = (signal: NodeJS.Signals) => {
      resolve(signal);
      // Without a listener the next one ends the process at once.
      setTimeout(() => {
        for (const heard of SIGNALS) process.off(heard, hear);
      }, SAME_SIGNAL_MS).unref();
    };
    for (const signal of SIGNALS) process.on(signal, hear);
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
