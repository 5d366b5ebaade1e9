import { whyCountsDiffer } from './figures.ts';
import { judged, table } from './markdown.ts';
import type { Level, SleepersFigures } from './sleepers.ts';

/** What we set out to reach: MiB between the levels, KiB for each booking. */
const TARGETS = { growth: 50, disk: 20 };

/** The figures as Markdown tables: memory level by level, then the disk. */
export function sleepersReport({ levels, disk, counts, mails }: SleepersFigures): string {
  const [, few, many] = levels as [Level, Level, Level];
  const memory = (name: keyof Level['usage']) => levels.map(({ usage }) => `${usage[name].memory} MiB`);
  const growth = many.usage.worker.memory - few.usage.worker.memory;
  const perBooking = (bytes: number) => bytes / 1_024 / many.bookings;
  const total = perBooking(disk.temporal + disk.store);
  const why = whyCountsDiffer(counts) ?? (mails > 0 ? `${mails} mails that nobody expected` : undefined);
  return [
    table([
      ['bookings asleep', ...levels.map(({ bookings }) => bookings.toLocaleString('en')), 'target'],
      ['memory of the worker', ...memory('worker'), judged(`+${growth} MiB`, growth <= TARGETS.growth)],
      ['memory of the server', ...memory('server'), ''],
      ['memory of Temporal', ...memory('temporal'), ''],
      ['until all slept', ...levels.map(({ seconds }) => `${seconds.toFixed(0)} s`), ''],
    ]),
    '',
    table([
      [`disk for each of ${many.bookings.toLocaleString('en')}`, 'KiB', 'target'],
      ['Temporal', perBooking(disk.temporal).toFixed(1), ''],
      ['store', perBooking(disk.store).toFixed(1), ''],
      ['together', judged(total.toFixed(1), total <= TARGETS.disk), `${TARGETS.disk}`],
    ]),
    ...(why ? ['', `VOID: ${why}`] : []),
  ].join('\n');
}
