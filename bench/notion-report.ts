import ms from 'ms';
import { judged, table } from './markdown.ts';
import type { NotionFigures } from './notion.ts';

/** What we set out to reach. */
const TARGETS = { requestsPerBooking: 5, rightWithinMs: 5 * 60_000 };

/** The figures as Markdown tables. */
export function notionReport({ calm, outage, requestsPerMinute, violations }: NotionFigures): string {
  const perBooking = calm.requests / calm.bookings;
  // Where more wait than the budget lets through by then, its pace is what counts.
  const atFullPaceMs = (outage.requests / requestsPerMinute) * 60_000;
  const target = Math.max(TARGETS.rightWithinMs, atFullPaceMs);
  return [
    table([
      ['', 'figure', 'target'],
      [
        `requests for each of ${calm.bookings} bookings`,
        judged(perBooking.toFixed(2), perBooking <= TARGETS.requestsPerBooking),
        `≤ ${TARGETS.requestsPerBooking}`,
      ],
    ]),
    '',
    table([
      [`${outage.bookings} bookings after ${ms(outage.lengthMs, { long: true })} without Notion`, 'figure', 'target'],
      ['first row right after', seconds(outage.firstMs), ''],
      ['half of them after', seconds(outage.halfMs), ''],
      ['all of them after', judged(seconds(outage.allMs), outage.allMs <= target), `≤ ${seconds(target)}`],
      ['requests for each', (outage.requests / outage.bookings).toFixed(2), ''],
      ['requests in the busiest minute', `${outage.mostInAMinute}`, `≤ ${requestsPerMinute} and 10 at once`],
    ]),
    ...violations.flatMap((violation) => ['', `VOID: ${violation}`]),
  ].join('\n');
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(0)} s`;
}
