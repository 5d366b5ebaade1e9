import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { sdkLogger } from '../../src/temporal/sdk-logger.ts';

function logged(write: (log: ReturnType<typeof sdkLogger>) => void) {
  const lines: string[] = [];
  write(sdkLogger(pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })));
  return lines.map((line) => {
    const { level, msg, ...rest } = JSON.parse(line) as { level: number; msg: string };
    return { level: pino.levels.labels[level], msg, ...rest };
  });
}

describe('what the SDK logs', () => {
  it('about workflows and activities is for the operator, with its facts', () => {
    const [line] = logged((log) => log.info('reminder sent', { sdkComponent: 'activity', bookingUid: 'abc' }));

    expect(line).toMatchObject({ level: 'info', msg: 'reminder sent', bookingUid: 'abc' });
  });

  it('about its own workings on a normal day is for debugging', () => {
    const lines = logged((log) => {
      log.info('Worker state changed', { sdkComponent: 'worker' });
      log.log('INFO', 'polling', { sdkComponent: 'core' });
      log.warn('No workflows registered, not polling for workflow tasks', { sdkComponent: 'worker' });
    });

    expect(lines.map(({ level }) => level)).toEqual(['debug', 'debug', 'debug']);
  });

  it('about its own troubles keeps its level', () => {
    const lines = logged((log) => {
      log.warn('poll failed', { sdkComponent: 'core' });
      log.log('ERROR', 'task failed', { sdkComponent: 'worker' });
    });

    expect(lines.map(({ level }) => level)).toEqual(['warn', 'error']);
  });
});
