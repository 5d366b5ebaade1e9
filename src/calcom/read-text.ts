import { oneLine } from '../clean-text.ts';

/** The first of the values that says anything, as one clean line. */
export function firstText(...values: unknown[]): string | undefined {
  return values.map((value) => (typeof value === 'string' ? oneLine(value) : '')).find((text) => text !== '');
}
