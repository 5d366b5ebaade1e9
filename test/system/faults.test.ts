import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type FaultResults, runFaults } from '../../faults/faults.ts';
import { type FaultFigures, figuresOf } from '../../faults/report.ts';

/** What `npm run faults` does at length. */
describe('Precall, its parts killed again and again under a stream of webhooks', () => {
  let results: FaultResults;
  let figures: FaultFigures;

  beforeAll(async () => {
    results = await runFaults({
      kills: { server: 10, worker: 5, temporal: 2, postgres: 1 },
      // A machine that is busy takes ten times as long to start them, and then kills them less often.
      killsWithinMs: 75_000,
      seed: 4,
      perSecond: 4,
      startsIn: { from: 34_000, to: 44_000 },
      waitFor: 'reminders',
      temporalCli: inject('temporalCliPath'),
      // The last call starts two minutes after the beginning, and a minute later what is missing is missing.
      signal: AbortSignal.timeout(220_000),
      say: () => undefined,
    });
    figures = figuresOf(results);
  }, 240_000);

  it('loses nothing it has acknowledged', () => {
    expect(figures.acknowledged).toBeGreaterThan(50);
    expect(figures.lost).toBe(0);
  });

  it('sends mails, and none twice without a flag', () => {
    expect(figures.mails).toBeGreaterThan(0);
    expect(figures.doubled.unflagged).toBe(0);
  });

  it('breaks no rule', () => {
    expect(results.violations).toEqual([]);
  });
});
