import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { type Check, checksOf } from '../check.ts';
import type { Config } from '../config.ts';
import { missingSearchAttributes, RETENTION_MS } from './prepare-namespace.ts';

const check = checksOf('temporal');

/** Temporal's client tries a request again for as long as it may. */
const ANSWER_MS = 5_000;
const DAY_MS = 24 * 3_600_000;

const UNAUTHENTICATED = 16;
const UNAVAILABLE = 14;
const PERMISSION_DENIED = 7;
const NOT_FOUND = 5;
const DEADLINE_EXCEEDED = 4;

/**
 * Looks whether Temporal can be reached, and whether the namespace is as runs need it. Changes nothing: server and worker make it so when
 * they start, where that is permitted.
 */
export async function checkTemporal({
  connectionOptions,
  namespace = 'default',
}: Pick<Config['temporal'], 'connectionOptions' | 'namespace'>): Promise<Check[]> {
  const { address = 'localhost:7233' } = connectionOptions;
  const connection = Connection.lazy({
    ...connectionOptions,
    channelArgs: { 'grpc.max_reconnect_backoff_ms': 1_000 },
  });
  const asking = connection.withDeadline(Date.now() + ANSWER_MS, () => lookAt(connection, address, namespace));
  try {
    return await orTooLate(asking);
  } catch (error) {
    return [whyNot(error, address, namespace)];
  } finally {
    // The client throws out of a timer when it tries a request again on a closed connection.
    void asking.catch(() => undefined).finally(() => connection.close());
  }
}

async function lookAt(connection: Connection, address: string, namespace: string): Promise<Check[]> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  const retentionMs = optionalTsToMs(config?.workflowExecutionRetentionTtl) ?? 0;
  return [
    check('connection', 'ok', `Temporal answers at ${address}.`),
    check('namespace', 'ok', `The namespace "${namespace}" is there.`),
    retentionCheck(retentionMs, namespace),
    await searchAttributesCheck(connection, namespace),
  ];
}

function retentionCheck(retentionMs: number, namespace: string): Check {
  const days = Math.floor(retentionMs / DAY_MS);
  if (retentionMs >= RETENTION_MS) return check('retention', 'ok', `Runs that have ended are kept for ${days} days.`);
  return check(
    'retention',
    'warning',
    `Runs that have ended are kept for ${days} ${days === 1 ? 'day' : 'days'}: a late repeat of a booking could start another run. The server sets 30 days when it ` +
      `starts, where it may; else: temporal operator namespace update --namespace ${namespace} --retention 30d`,
  );
}

async function searchAttributesCheck(connection: Connection, namespace: string): Promise<Check> {
  const what = 'search attributes';
  try {
    const missing = await missingSearchAttributes(connection, namespace);
    if (missing.length === 0) return check(what, 'ok', 'They are registered: runs can be filtered.');
    const flags = missing.map(
      ({ name, type }) => `--name ${name} --type ${type === 'KEYWORD' ? 'Keyword' : 'Datetime'}`,
    );
    return check(
      what,
      'warning',
      `Runs cannot be filtered by ${missing.map(({ name }) => name).join(', ')}. The server registers them when it starts, where it may; else: ` +
        `temporal operator search-attribute create --namespace ${namespace} ${flags.join(' ')}`,
    );
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || code === DEADLINE_EXCEEDED || code === UNAVAILABLE) throw error;
    return check(what, 'ok', 'This Temporal does not tell which are registered; runs do without those that are not.');
  }
}

/** The client pauses up to seconds between its attempts, and looks at its deadline only when it tries again. */
async function orTooLate<T>(asking: Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const tooLate = sleep(ANSWER_MS, undefined, { signal: waiting.signal }).then(() => {
    throw new Error(`no answer within ${ANSWER_MS / 1_000} s`);
  });
  return Promise.race([asking, tooLate]).finally(() => waiting.abort());
}

function whyNot(error: unknown, address: string, namespace: string): Check {
  const code = codeOf(error);
  if (code === NOT_FOUND) {
    return check(
      'namespace',
      'error',
      `Temporal answers at ${address}, but there is no namespace "${namespace}": set TEMPORAL_NAMESPACE, or make it with ` +
        `temporal operator namespace create --namespace ${namespace} --retention 30d`,
    );
  }
  if (code === UNAUTHENTICATED || code === PERMISSION_DENIED) {
    return check(
      'connection',
      'error',
      `Temporal at ${address} does not let us use the namespace "${namespace}": check TEMPORAL_API_KEY or the client certificate, and TEMPORAL_NAMESPACE.`,
    );
  }
  const detail = code === undefined ? 'no connection in time' : `gRPC status ${code}`;
  return check(
    'connection',
    'error',
    `Temporal does not answer at ${address} (${detail}): start it, or set TEMPORAL_ADDRESS, and TEMPORAL_TLS if it wants TLS.`,
  );
}

function codeOf(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && isGrpcServiceError(error.cause) ? error.cause.code : undefined;
}
