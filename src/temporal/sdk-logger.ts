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
    log[isQuiet ? 'debug' : level](meta, message);
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
