import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import pg from 'pg';
import { until } from './until.ts';

/** Servers that were started by hand: where they are named, tests run on them instead of on servers of their own. */
const { TEST_TEMPORAL_ADDRESS: temporalAddress, TEST_DATABASE_URL: databaseUrl } = process.env;

/** A namespace on a Temporal. */
export interface GivenNamespace {
  address: string;
  namespace: string;
}

/** @returns a new namespace on the Temporal that was given, so that tests can use the same booking uids; undefined if none was. */
export async function createGivenNamespace(): Promise<GivenNamespace | undefined> {
  if (!temporalAddress) return undefined;
  const address = temporalAddress;
  const connection = await Connection.connect({ address });
  try {
    const namespace = `test-${randomUUID()}`;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    // Its servers learn of a new namespace one after the other.
    await until(`namespace ${namespace}`, () =>
      connection.workflowService.listOpenWorkflowExecutions({ namespace, maximumPageSize: 1 }).then(
        () => true,
        () => undefined,
      ),
    );
    return { address, namespace };
  } finally {
    await connection.close();
  }
}

/** @returns the URL of a new, empty database on the PostgreSQL that was given; undefined if none was. */
export async function createGivenDatabase(): Promise<string | undefined> {
  if (!databaseUrl) return undefined;
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}
