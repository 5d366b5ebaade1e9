import type { Logger as SdkLogger } from '@temporalio/worker';
import type { Logger } from 'pino';

/** The worker for Notion has none by design. */
const NOT_NEWS = 'No workflows registered, not polling for workflow tasks';

/** Lets the SDK, workflows and activities log through pino. */
export function sdkLogger(log: Logger): SdkLogger {
  const at = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (message: string, meta?: object) => {
    if (message !== NOT_NEWS) log[level](meta ?? {}, message);
  };
  const levels = { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return {
    ...levels,
    log: (level, message, meta) => levels[level.toLowerCase() as keyof typeof levels](message, meta),
  };
}
