import ms, { type StringValue } from 'ms';
import { z } from 'zod';

const DAY_MS = 24 * 3_600_000;

/** Without a unit, ms would take 72 for milliseconds. */
export function durationOf(text: string): number {
  return /^\d+(\.\d+)? *[a-z]+$/i.test(text.trim()) ? Math.round(ms(text.trim() as StringValue)) : 0;
}

export const Duration = z.string({ error: 'expected a duration such as 72h' }).transform((text, context) => {
  const durationMs = durationOf(text);
  if (durationMs >= 1_000 && durationMs <= 366 * DAY_MS) return durationMs;
  context.addIssue({ code: 'custom', message: 'expected a duration such as 72h, 30m or 45s, a year at most' });
  return z.NEVER;
});

export function listOf(what: string) {
  return z.array(nameOf(what), { error: `expected a list: ${what} each` });
}

export function nameOf(what: string) {
  return z
    .string({ error: `expected ${what}` })
    .trim()
    .min(1, { error: `expected ${what}` });
}

/** A part of the choices, all of which have defaults: an empty one says nothing. */
export function choicesIn<Shape extends z.ZodRawShape>(shape: Shape, example: string) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no choice called ${issue.keys.join(', ')}`
        : `expected choices such as \`${example}\``,
  });
}

/** `contacts:` with nothing after it says as little as no `contacts` at all. */
export function emptyAsDefault<T extends z.ZodType>(choices: T) {
  return z.preprocess((given) => given ?? {}, choices);
}
