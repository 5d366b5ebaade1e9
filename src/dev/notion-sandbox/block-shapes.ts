import { z } from 'zod';
import { validationError } from './answers.ts';
import { AnyObject, check, Id, onlyType, refused } from './checks.ts';
import { BlockColor, RichText, textFrom } from './text-shapes.ts';
import { BLOCK_TYPES, type Block, type BlockType, type NewBlock } from './world.ts';

/** Blocks below one that is written in the same request: two levels, no more. */
const LEVELS = 2;
const MOST_CHILDREN = 100;
const MOST_BLOCKS = 1000;

/** A block to write, with what is to be in it. */
export interface BlockTree extends NewBlock {
  children: BlockTree[];
}

/** Where new blocks go among those that are there. */
export type Position = { type: 'start' | 'end' } | { type: 'after_block'; id: string };

const Written = z.strictObject({ rich_text: RichText, color: BlockColor.optional() });
const Heading = z.strictObject({ ...Written.shape, is_toggleable: z.boolean().optional() });
const ToDo = z.strictObject({ ...Written.shape, checked: z.boolean().optional() });

interface WrittenContent {
  rich_text?: z.infer<typeof RichText> | undefined;
  color?: string | undefined;
  checked?: boolean | undefined;
  is_toggleable?: boolean | undefined;
}

const CONTENTS: Record<BlockType, z.ZodType<WrittenContent>> = {
  paragraph: Written,
  heading_1: Heading,
  heading_2: Heading,
  heading_3: Heading,
  bulleted_list_item: Written,
  numbered_list_item: Written,
  to_do: ToDo,
  quote: Written,
  toggle: Written,
  divider: z.strictObject({}),
};

/** A change may leave out the text of these. */
const CHANGES: Record<BlockType, z.ZodType<WrittenContent>> = {
  ...CONTENTS,
  paragraph: Written.partial(),
  to_do: ToDo.partial(),
};

const PositionShape = z.union([
  z.strictObject({ type: z.enum(['start', 'end']) }),
  z.strictObject({ type: z.literal('after_block'), after_block: z.strictObject({ id: Id }) }),
]);

const AppendBody = z.strictObject({ children: z.unknown(), position: PositionShape.optional() });

/** @throws {ApiError} for every key, type, length or depth that Notion does not know. */
export function readBlocks(given: unknown, path: string): BlockTree[] {
  const blocks = readLevel(given, path, LEVELS);
  const count = countOf(blocks);
  if (count > MOST_BLOCKS) {
    throw validationError(
      `body failed validation: a request should hold ≤ \`${MOST_BLOCKS}\` blocks, instead held \`${count}\`.`,
    );
  }
  return blocks;
}

/** @throws {ApiError} */
export function readAppend(body: unknown): { blocks: BlockTree[]; position: Position } {
  const { children, position } = check(AppendBody, body, 'body');
  const blocks = readBlocks(children, 'body.children');
  if (position?.type === 'after_block')
    return { blocks, position: { type: 'after_block', id: position.after_block.id } };
  return { blocks, position: { type: position?.type ?? 'end' } };
}

export interface BlockUpdate {
  inTrash?: boolean;
  /** Absent where only the trash is concerned. */
  type?: BlockType;
  change: Partial<Pick<Block, 'text' | 'color' | 'checked' | 'isToggleable'>>;
}

/** @throws {ApiError} */
export function readBlockUpdate(body: unknown): BlockUpdate {
  const { in_trash, ...rest } = check(AnyObject, body, 'body');
  const trash = in_trash === undefined ? {} : { inTrash: check(z.boolean(), in_trash, 'body.in_trash') };
  if (in_trash !== undefined && Object.keys(rest).length === 0) return { ...trash, change: {} };
  const [type, content] = onlyType(rest, BLOCK_TYPES, 'body');
  return { ...trash, type, change: fieldsFrom(check(CHANGES[type], content, `body.${type}`)) };
}

function readLevel(given: unknown, path: string, levels: number): BlockTree[] {
  const list = check(z.array(z.unknown()).max(MOST_CHILDREN), given, path);
  return list.map((block, index) => readBlock(block, `${path}[${index}]`, levels));
}

function readBlock(given: unknown, path: string, levels: number): BlockTree {
  const { object, ...rest } = check(AnyObject, given, path);
  if (object !== undefined && object !== 'block') throw refused(`${path}.object`, '`"block"`', object);
  const [type, content] = onlyType(rest, BLOCK_TYPES, path);
  const inside = `${path}.${type}`;
  const { children, ...own } = check(AnyObject, content, inside);
  const fields = fieldsFrom(check(CONTENTS[type], own, inside));
  if (children === undefined) return { type, ...fields, children: [] };
  if (levels === 0 || !canHold(type, fields.isToggleable)) throw refused(`${inside}.children`, 'not present', children);
  return { type, ...fields, children: readLevel(children, `${inside}.children`, levels - 1) };
}

/** A heading holds blocks only if it can be folded. */
export function canHold(type: BlockType, isToggleable: boolean | undefined): boolean {
  return type.startsWith('heading') ? isToggleable === true : type !== 'divider';
}

function fieldsFrom({ rich_text, color, checked, is_toggleable }: WrittenContent): BlockUpdate['change'] {
  return {
    ...(rich_text && { text: textFrom(rich_text) }),
    ...(color !== undefined && { color }),
    ...(checked !== undefined && { checked }),
    ...(is_toggleable !== undefined && { isToggleable: is_toggleable }),
  };
}

export function countOf(blocks: readonly BlockTree[]): number {
  return blocks.reduce((sum, { children }) => sum + 1 + countOf(children), 0);
}
