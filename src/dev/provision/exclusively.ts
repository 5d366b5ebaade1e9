import { lock } from 'proper-lockfile';

/** A killed process leaves its lock behind, untouched for this long: then the next one takes it over. */
const STALE_MS = 15_000;
const LOOK_AGAIN_MS = 500;

/**
 * Does `work` while no other process does the same under this path.
 *
 * @param onWait called once when another process holds the lock. Waiting has no limit: the holder is alive and bounds its own work.
 */
export async function exclusively<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const options = {
    lockfilePath: `${path}.lock`,
    realpath: false,
    stale: STALE_MS,
    // A machine that slept loses its lock. What is made is moved into place in one step, so carrying on does no harm.
    onCompromised: () => {},
  };
  const release = await lock(path, options).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ELOCKED') throw error;
    onWait();
    const retries = { forever: true, factor: 1, minTimeout: LOOK_AGAIN_MS, maxTimeout: LOOK_AGAIN_MS };
    return lock(path, { ...options, retries });
  });
  try {
    return await work();
  } finally {
    // Fails only for a lock that was lost, which is somebody else's by now.
    await release().catch(() => {});
  }
}
