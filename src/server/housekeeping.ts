import type { Logger } from 'pino';
import type { Store } from '../store/store.ts';

export interface HousekeepingOptions {
  store: Pick<Store, 'purge'>;
  keepAttendeesMs: number;
  keepBodiesMs: number;
  log: Logger;
}

/** Forgets the people of calls that are long over, and what was delivered about them. */
export function createHousekeeping({ store, keepAttendeesMs, keepBodiesMs, log }: HousekeepingOptions) {
  return async (): Promise<void> => {
    const purged = await store.purge({ now: new Date(), keepAttendeesMs, keepBodiesMs });
    if (Object.values(purged).some((count) => count > 0)) log.info({ purged }, 'personal data has reached its age');
  };
}
