import { describe, expect, it } from 'vitest';
import type { PeerName } from '../../../bench/peers/peers.ts';
import { peersReport } from '../../../bench/peers/report.ts';
import type { Turn } from '../../../bench/peers/run.ts';

const NO_FAULTS = { missing: 0, doubled: 0, foreign: 0, early: 0 };

/** A turn whose 99th percentile was so late. */
function aTurn(peer: PeerName, p99: number, facts: Partial<Turn> = {}): Turn {
  return {
    shape: 'instant',
    peer,
    bookings: 1_000,
    mails: { lateness: { min: 3, p50: 40, p99, max: p99 + 10 }, ...NO_FAULTS },
    ...facts,
  };
}

function rowOf(title: string, report: string): string | undefined {
  return report.split('\n').find((line) => line.startsWith(`| ${title}`));
}

describe('the report on peers', () => {
  it('has a table for each shape that was measured, and a row for each peer in it', () => {
    const report = peersReport([aTurn('precall', 900), aTurn('bullmq', 1_200)]);

    expect(report).not.toContain('due over 60 s');
    expect(report).toContain('| due at one instant |');
    expect(rowOf('BullMQ', report)).toBe(
      '| BullMQ, 50 jobs at once | 1,000 | 40 ms | 1200 ms | 1210 ms | 3 ms | 0 / 0 / 0 / 0 |',
    );
    expect(report.indexOf('BullMQ')).toBeLessThan(report.indexOf('Precall'));
  });

  it('takes the middle of several turns, and says between what they lay', () => {
    const report = peersReport([aTurn('bullmq', 1_400), aTurn('bullmq', 1_000), aTurn('bullmq', 1_100)]);

    expect(rowOf('BullMQ', report)).toContain('| 1100 [1000–1400] ms |');
  });

  it('holds Precall to what we set out to reach, and nobody else', () => {
    const late = [aTurn('precall', 2_001), aTurn('bullmq', 2_001)];

    expect(rowOf('Precall', peersReport(late))).toContain('2001 ms (falls short)');
    expect(rowOf('BullMQ', peersReport(late))).not.toContain('falls short');
    expect(rowOf('Precall', peersReport([aTurn('precall', 2_000)]))).not.toContain('falls short');
  });

  it('calls a turn void whose mails did not each come once, and not before their time', () => {
    const { lateness } = aTurn('pg-boss', 100).mails;
    const faulty = aTurn('pg-boss', 100, { mails: { lateness, ...NO_FAULTS, missing: 2, early: 1 } });
    const report = peersReport([aTurn('pg-boss', 100), faulty]);

    expect(rowOf('pg-boss, 5', report)).toContain('| 2 / 0 / 0 / 1 |');
    expect(report).toContain('VOID, pg-boss, 5 workers × 50 jobs, every 0.5 s, due at one instant: 2 missing, 1 early');
  });

  it('has nothing to say of lateness when no mail came', () => {
    const none = aTurn('pg-boss', 0, { mails: { lateness: undefined, ...NO_FAULTS, missing: 1_000 } });

    expect(rowOf('pg-boss, 5', peersReport([none]))).toContain('| – | – | – | – |');
  });
});
