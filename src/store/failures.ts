import { DrizzleQueryError } from 'drizzle-orm';
import { StoreUnavailable } from './store-unavailable.ts';

/** The database refused a statement. What it was given stays out of the message: names and addresses are among it. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';
  /** PostgreSQL's code of five characters. */
  readonly sqlState: string;

  constructor(sqlState: string, about: string, statement: string) {
    super(`The database refused a statement (${[sqlState, about].filter(Boolean).join(', ')}): ${statement}`);
    this.sqlState = sqlState;
  }
}

/** What PostgreSQL's drivers tell of a failure. */
interface DriverError extends Error {
  code?: string;
  routine?: string;
  table?: string;
  column?: string;
  constraint?: string;
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/**
 * Connection exceptions, insufficient resources (a full disk, too many connections), the operator's interventions (stopping,
 * starting, a statement that took too long), and a standby that may not write.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE = /^(08...|53...|57P0[1-5]|57014|25006)$/;

/** node-postgres gives these no code. */
const WORDS_OF_THE_DRIVER =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|client was closed|client has encountered a connection error/i;

/**
 * What a failed piece of work is to be told as.
 *
 * @returns a {@link StoreUnavailable} or a {@link StatementFailed}; anything else as it is.
 */
export function tellFailure(thrown: unknown): unknown {
  const statement = thrown instanceof DrizzleQueryError ? thrown.query : undefined;
  const cause = thrown instanceof DrizzleQueryError ? thrown.cause : thrown;
  if (!(cause instanceof Error)) return statement === undefined ? thrown : new StatementFailed('', '', statement);

  const { code = '', message, table, column, constraint } = cause as DriverError;
  if (NETWORK.has(code) || UNAVAILABLE.test(code)) return new StoreUnavailable(code);
  if (WORDS_OF_THE_DRIVER.test(message)) return new StoreUnavailable(message);
  if (statement === undefined) return cause;
  return new StatementFailed(code, [table, column, constraint].filter(Boolean).join(' '), statement);
}
