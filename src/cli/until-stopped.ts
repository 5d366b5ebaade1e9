/**
 * Waits for Ctrl-C or a stop from the process manager. A second Ctrl-C does not wait for a graceful end.
 *
 * @returns the signal's name.
 */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
}
