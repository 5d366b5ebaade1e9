import type { LogMetadata, Logger as SdkLogger } from '@temporalio/worker';
import type { Logger } from 'pino';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** The worker for Notion has none by design. */
const NOT_NEWS = 'No workflows registered, not polling for workflow tasks';

/**
 * Lets the SDK, workflows and activities log through pino. What the SDK tells of its own workings on a normal day is for
 * debugging; what workflows and activities tell is for the operator.
 */
export function sdkLogger(log: Logger): SdkLogger {
  const write = (level: Level, message: string, meta: LogMetadata = {}) => {
    const isInternal = meta['sdkComponent'] === 'worker' || meta['sdkComponent'] === 'core';
    const isQuiet = message === NOT_NEWS || (isInternal && level === 'info');
    log[isQuiet ? 'debug' : level](factsOf(meta), message);
  };
  return {
    log: (level, message, meta) => write(level.toLowerCase() as Level, message, meta),
    trace: (message, meta) => write('trace', message, meta),
    debug: (message, meta) => write('debug', message, meta),
    info: (message, meta) => write('info', message, meta),
    warn: (message, meta) => write('warn', message, meta),
    error: (message, meta) => write('error', message, meta),
  };
}

/** Without what is of use to the SDK alone. Of an error what it says and where; what caused it may quote what people wrote. */
function factsOf({ taskToken: _taskToken, ...facts }: LogMetadata): LogMetadata {
  const { error, ...others } = facts;
  // One from the sandbox of the workflows is no instance of our own Error.
  if (typeof error !== 'object' || error === null || !('message' in error)) return facts;
  const { name, message, stack } = error as Error;
  return { ...others, error: { type: name, message, stack } };
}
