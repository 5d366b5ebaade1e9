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

  it('about what has failed says what and where, and nothing of its cause', () => {
    const error = new TypeError('No such activity', { cause: new Error('Key (email)=(ada@example.com)') });
    const [line] = logged((log) =>
      log.error('Workflow failed', { sdkComponent: 'worker', taskToken: 'dG9rZW4=', error }),
    );

    expect(line).toMatchObject({
      error: { type: 'TypeError', message: 'No such activity', stack: expect.any(String) },
    });
    expect(JSON.stringify(line)).not.toMatch(/ada@|dG9rZW4=/);
  });

  it('keeps an error that is told in words', () => {
    const [line] = logged((log) => log.warn('not told', { error: 'StoreUnavailable' }));

    expect(line).toMatchObject({ error: 'StoreUnavailable' });
  });
});
