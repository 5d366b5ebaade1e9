import type { Spread } from './figures.ts';

/** A table; the first row is its head. */
export function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function judged(value: string, isReached: boolean): string {
  return isReached ? value : `${value} (falls short)`;
}

/** Of milliseconds: a digit more where they are few. */
export function millis({ p50, p99, max }: Pick<Spread, 'p50' | 'p99' | 'max'>): string {
  return `${[p50, p99, max].map((value) => value.toFixed(value < 10 ? 1 : 0)).join(' / ')} ms`;
}
