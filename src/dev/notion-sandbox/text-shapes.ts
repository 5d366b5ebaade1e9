import { z } from 'zod';
import { text } from './checks.ts';
import { PLAIN, type TextPart } from './world.ts';

export const LONGEST_TEXT = 2000;

export const COLORS = [
  'default',
  'gray',
  'brown',
  'orange',
  'yellow',
  'green',
  'blue',
  'purple',
  'pink',
  'red',
] as const;

export const BlockColor = z.enum([...COLORS, ...COLORS.map((color) => `${color}_background` as const)]);

const Part = z.strictObject({
  type: z.literal('text').optional(),
  text: z.strictObject({
    content: text(LONGEST_TEXT),
    link: z.strictObject({ url: text(LONGEST_TEXT) }).nullish(),
  }),
  annotations: z
    .strictObject({
      bold: z.boolean(),
      italic: z.boolean(),
      strikethrough: z.boolean(),
      underline: z.boolean(),
      code: z.boolean(),
      color: BlockColor,
    })
    .partial()
    .optional(),
});

/** Text as a request spells it. Mentions and equations, which Notion knows too, are not known here. */
export const RichText = z.array(Part).max(100);

export function textFrom(parts: z.infer<typeof RichText>): TextPart[] {
  return parts.map(({ text: { content, link }, annotations = {} }) => ({
    content,
    link: link?.url ?? null,
    annotations: { ...PLAIN, ...(annotations as Partial<TextPart['annotations']>) },
  }));
}
