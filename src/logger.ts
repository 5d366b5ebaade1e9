import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** JSON lines; for people, when they watch in a terminal. */
export function createLogger(level: Config['logLevel'], name: string): Logger {
  const pretty = process.stdout.isTTY
    ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname,name', translateTime: 'HH:MM:ss' } } }
    : {};
  return pino({ level, name, ...pretty });
}
