import type { AcceptFigures, RoundsFigures, StreamFigures } from './accept.ts';
import { type DeliveryCounts, spreadOf, type Window, whyCountsDiffer } from './figures.ts';
import { judged, millis, table } from './markdown.ts';

/** What we set out to reach. Times are milliseconds. */
const TARGETS = { ratio: 5, latencyP99: 25, lagP99: 1_000, dispatchedWithin: 30_000 };
/** Beyond it the machine was too unsteady for anything to be compared. */
const STEADY_CONTROL = { min: 0.95, max: 1.05 };

/** The figures as Markdown tables, one for each part that was measured. */
export function acceptReport({ rounds, steady, burst }: AcceptFigures): string {
  const parts = [rounds && roundsReport(rounds), steady && steadyReport(steady), burst && burstReport(burst)];
  return parts.filter((part) => part !== undefined).join('\n\n');
}

function roundsReport({ seconds, windows, ratios, control, counts }: RoundsFigures): string {
  const isOver = (spreadOf(ratios)?.p50 ?? 0) >= TARGETS.ratio;
  const steadiness = spreadOf(control)?.p50;
  const isSteady = steadiness === undefined || (steadiness >= STEADY_CONTROL.min && steadiness <= STEADY_CONTROL.max);
  return [
    table([
      [`32 in flight, ${windows.length} windows of ${seconds} s`, 'median [min–max]', 'target'],
      ['webhooks accepted, the dispatcher at work beside it', rates(windows, 'subject'), ''],
      ['`signalWithStart` in the request', rates(windows, 'baseline'), ''],
      ['ratio of neighbouring windows', judged(shares(ratios), isOver), `${TARGETS.ratio}`],
      ['control: our own neighbouring windows', shares(control), ''],
      countsRow(counts),
    ]),
    ...(isSteady ? [] : ['', `VOID: the control lies outside ${STEADY_CONTROL.min}–${STEADY_CONTROL.max}`]),
    ...voidCounts(counts),
  ].join('\n');
}

function steadyReport(figures: StreamFigures): string {
  const { perSecond, count, latency, lag, backlog, counts } = figures;
  return [
    table([
      [`${perSecond}/s for ${count / perSecond} s`, 'measured', 'target'],
      [
        'answer p50 / p99 / max, from the intended time',
        latency ? judged(millis(latency), latency.p99 <= TARGETS.latencyP99) : '–',
        `p99 ${TARGETS.latencyP99} ms`,
      ],
      [
        'received to dispatched p50 / p99 / max',
        lag ? judged(millis(lag), lag.p99 <= TARGETS.lagP99) : '–',
        `p99 ${TARGETS.lagP99 / 1_000} s`,
      ],
      ['to be dispatched at the end', `${backlog}`, ''],
      errorsRow(figures),
      countsRow(counts),
    ]),
    ...voidCounts(counts),
  ].join('\n');
}

function burstReport(figures: StreamFigures): string {
  const { perSecond, count, latency, dispatchedWithinMs, backlog, counts } = figures;
  const seconds = `${(dispatchedWithinMs / 1_000).toFixed(1)} s`;
  return [
    table([
      [`${count} at ${perSecond}/s`, 'measured', 'target'],
      errorsRow(figures),
      [
        'first received to last dispatched',
        judged(seconds, dispatchedWithinMs <= TARGETS.dispatchedWithin),
        `${TARGETS.dispatchedWithin / 1_000} s`,
      ],
      ['answer p50 / p99 / max, from the intended time', latency ? millis(latency) : '–', ''],
      ['to be dispatched once all were answered', `${backlog}`, ''],
      countsRow(counts),
    ]),
    ...voidCounts(counts),
  ].join('\n');
}

function errorsRow({ errors }: StreamFigures): string[] {
  return ['errors', judged(`${errors.length}`, errors.length === 0), '0'];
}

function countsRow({ posted, accepted, kept, dispatched, runs }: DeliveryCounts): string[] {
  return [
    'posted / accepted / kept / dispatched / runs',
    [posted, accepted, kept, dispatched, runs].join(' / '),
    'equal',
  ];
}

function voidCounts(counts: DeliveryCounts): string[] {
  const why = whyCountsDiffer(counts);
  return why ? ['', `VOID: ${why}`] : [];
}

function rates(windows: readonly Window[], of: Window['of']): string {
  const spread = spreadOf(windows.flatMap((window) => (window.of === of ? [window.perSecond] : [])));
  return spread ? `${spread.p50.toFixed(0)} [${spread.min.toFixed(0)}–${spread.max.toFixed(0)}] per second` : '–';
}

function shares(ratios: readonly number[]): string {
  const spread = spreadOf(ratios);
  return spread ? `${spread.p50.toFixed(2)} [${spread.min.toFixed(2)}–${spread.max.toFixed(2)}]` : '–';
}
