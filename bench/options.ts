import { InvalidArgumentError } from 'commander';
import ms, { type StringValue } from 'ms';

/** For commander: takes a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= min && count <= max) return count;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
  };
}

/** For commander: takes a duration of 10 s to an hour, as milliseconds. */
export function duration(text: string): number {
  const durationMs = ms(text as StringValue);
  if (durationMs >= 10_000 && durationMs <= 3_600_000) return durationMs;
  throw new InvalidArgumentError('expected a duration from 10s to 1h');
}
