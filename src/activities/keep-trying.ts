import { log } from '@temporalio/activity';

/** Time for a database to be restarted, or for another one to take its place. */
const PATIENCE_MS = 20_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Writes down what has happened and cannot be undone, until the store takes it or patience ends. It never fails, because
 * what follows from what has happened does not depend on it; nor does a cancel of the activity interrupt it.
 *
 * @param about whose mail it was, for the log; an error of the store may quote an address, so only its name gets there.
 */
export async function keepTrying(about: { bookingUid: string; step: string }, writeDown: () => Promise<void>) {
  const until = performance.now() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await writeDown();
    } catch (error) {
      if (performance.now() + pauseMs > until) {
        log.warn('the store could not be told what became of a mail', { ...about, error: (error as Error).name });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
