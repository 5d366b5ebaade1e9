import { whyVoid } from './figures.ts';
import type { LoadFigures } from './load.ts';
import { judged, millis, table } from './markdown.ts';
import type { ShapeFigures } from './reminders.ts';
import { LATEST, SHAPE_TITLES } from './shapes.ts';
import { PROCESSES } from './stack.ts';

/** What we set out to reach. */
const TARGETS = { shareOfRaw: 0.8 };

/** The figures as a Markdown table, a column for each shape. */
export function report(figures: readonly ShapeFigures[]): string {
  const rows: [string, (of: ShapeFigures) => string][] = [
    ['bookings', ({ bookings }) => String(bookings)],
    ['Temporal alone, before', ({ raw }) => rate(raw.before)],
    ['Temporal alone, after', ({ raw }) => rate(raw.after)],
    ['accepted by a server alone', (of) => accepted(of, 'alone')],
    ['accepted while a worker works beside it', (of) => accepted(of, 'beside')],
    ['webhook p50 / p99 / max, alone', ({ webhooks }) => millis(webhooks.alone.latency)],
    ['webhook p50 / p99 / max, beside', ({ webhooks }) => millis(webhooks.beside.latency)],
    ['lateness p50 / p99 / max', lateness],
    ['earliest', ({ mails }) => `${mails.lateness?.min ?? '–'} ms`],
    [
      'missing / doubled / foreign / early',
      ({ mails: m }) => `${m.missing} / ${m.doubled} / ${m.foreign} / ${m.early}`,
    ],
    ...PROCESSES.map((name): [string, (of: ShapeFigures) => string] => [
      `${name} MiB: started / asleep / peak`,
      ({ usage: u }) => [u.started[name].memory, u.asleep[name].memory, u.peak[name]].join(' / '),
    ]),
    ...PROCESSES.map((name): [string, (of: ShapeFigures) => string] => [
      `${name} CPU ms per booking / per reminder`,
      ({ usage: u, bookings }) =>
        [u.asleep[name].cpu - u.started[name].cpu, u.ended[name].cpu - u.waiting[name].cpu]
          .map((seconds) => ((seconds * 1_000) / bookings).toFixed(0))
          .join(' / '),
    ]),
  ];
  const head = ['', ...figures.map(({ shape }) => SHAPE_TITLES[shape])];
  const lines = rows.map(([name, value]) => [name, ...figures.map(value)]);
  return ['', table([head, ...lines]), ...voids(figures)].join('\n');
}

function accepted({ raw, webhooks }: ShapeFigures, how: keyof ShapeFigures['webhooks']): string {
  const share = webhooks[how].perSecond / ((raw.before.perSecond + raw.after.perSecond) / 2);
  return judged(`${rate(webhooks[how])}, ${share.toFixed(2)} of Temporal alone`, share >= TARGETS.shareOfRaw);
}

function lateness({ shape, mails }: ShapeFigures): string {
  return mails.lateness ? judged(millis(mails.lateness), mails.lateness.p99 <= LATEST[shape]) : '–';
}

function rate({ perSecond }: LoadFigures): string {
  return `${perSecond.toFixed(0)}/s`;
}

function voids(figures: readonly ShapeFigures[]): string[] {
  return figures.flatMap(({ shape, mails }) => {
    const why = whyVoid(mails);
    return why ? ['', `VOID, ${SHAPE_TITLES[shape]}: ${why}`] : [];
  });
}
