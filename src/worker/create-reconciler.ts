import type { Logger } from 'pino';
import { createReconciler, type Reconciler } from '../activities/reconciler.ts';
import type { CalcomApi } from '../calcom/api.ts';
import { createCalcomApi } from '../calcom/create-api.ts';
import type { CalcomSettings } from '../config.ts';
import type { Store } from '../store/store.ts';
import { sdkLogger } from '../temporal/sdk-logger.ts';
import type { ReconcilePass } from '../workflows/reconcile.ts';

export interface CalcomAccess {
  calcom: CalcomSettings;
  installationKey: string;
}

/** @returns undefined without an API key. */
export function calcomApiOf({ calcom, installationKey }: CalcomAccess): CalcomApi | undefined {
  const { apiKey, baseUrl } = calcom;
  return apiKey === undefined ? undefined : createCalcomApi({ apiKey, baseUrl, installationKey });
}

/** @returns undefined without an API key: there is nothing to compare with then. */
export function createReconcilerOf(
  options: CalcomAccess & { store: Pick<Store, 'inbox' | 'findings'> },
): Reconciler | undefined {
  const api = calcomApiOf(options);
  const { inbox, findings } = options.store;
  return api && createReconciler({ api, inbox, findings });
}

/** A pass that somebody asks for, outside of Temporal. @returns undefined without an API key. */
export function reconcileNowOf(
  options: Parameters<typeof createReconcilerOf>[0] & { log: Logger },
): ((pass: { dryRun: boolean }) => Promise<ReconcilePass>) | undefined {
  const reconciler = createReconcilerOf(options);
  return reconciler && (({ dryRun }) => reconciler.pass({ dryRun, log: sdkLogger(options.log) }));
}
