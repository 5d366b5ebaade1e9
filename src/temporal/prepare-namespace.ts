import type { Connection } from '@temporalio/client';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import type { Logger } from 'pino';
import { precallKeys } from '../workflows/search-attributes.ts';

/** Long enough that a closed run still answers a late repeat of its booking. */
export const RETENTION_MS = 30 * 24 * 3_600_000;

const { IndexedValueType } = proto.temporal.api.enums.v1;
const INDEXED_TYPES = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
};

/** What runs are filtered by in the Temporal UI: names and types, as they are registered. */
export const searchAttributes = precallKeys.map(({ name, type }) => ({ name, type }));

/** What this Temporal lets us use. */
export interface NamespaceAbilities {
  /** Whether runs may carry our search attributes. */
  searchAttributes: boolean;
}

/**
 * Makes the namespace ready: our search attributes are registered, and closed runs are kept for 30 days. Where that is not
 * permitted, as on Temporal Cloud, the product does without and says so.
 *
 * @throws {Error} when Temporal cannot be reached or the namespace does not exist.
 */
export async function prepareNamespace(
  connection: Connection,
  namespace: string,
  log: Logger,
): Promise<NamespaceAbilities> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  if ((optionalTsToMs(config?.workflowExecutionRetentionTtl) ?? 0) < RETENTION_MS) {
    await orSayWhy(log, 'closed runs are kept for less than 30 days: set the namespace’s retention', () =>
      connection.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: msToTs(RETENTION_MS) },
      }),
    );
  }
  return { searchAttributes: await registerSearchAttributes(connection, namespace, log) };
}

async function registerSearchAttributes(connection: Connection, namespace: string, log: Logger): Promise<boolean> {
  const wanted = Object.fromEntries(searchAttributes.map(({ name, type }) => [name, INDEXED_TYPES[type]]));
  const names = Object.keys(wanted).join(', ');
  return orSayWhy(log, `runs cannot be filtered in the Temporal UI: register ${names} by hand`, async () => {
    const missing = await missingSearchAttributes(connection, namespace).catch(asIfNoneWere);
    if (missing.length > 0)
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
  });
}

/** Those of ours that are not registered, or not as what they are. */
export async function missingSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<typeof searchAttributes> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return searchAttributes.filter(({ name, type }) => customAttributes[name] !== INDEXED_TYPES[type]);
}

/** What cannot be listed may still be added, as on the time-skipping test server; adding twice is no error. */
function asIfNoneWere(error: unknown): typeof searchAttributes {
  if (isUnreachable(error)) throw error;
  return searchAttributes;
}

/** @returns false, with a warning, where this Temporal refuses; an unreachable one is an error all the same. */
async function orSayWhy(log: Logger, consequence: string, request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request();
    return true;
  } catch (error) {
    if (isUnreachable(error)) throw error;
    log.warn({ code: codeOf(error) }, consequence);
    return false;
  }
}

const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;

function isUnreachable(error: unknown): boolean {
  return [DEADLINE_EXCEEDED, UNAVAILABLE].includes(codeOf(error) ?? -1);
}

function codeOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}
