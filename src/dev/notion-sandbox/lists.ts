import { randomUUID } from 'node:crypto';
import { validationError } from './answers.ts';
import type { ListPart } from './request-shapes.ts';

/** Where each cursor goes on, and in the answer to what. Cursors are opaque and good for one question only. */
export type Cursors = Map<string, { question: string; offset: number }>;

export interface Part<T> {
  items: T[];
  nextCursor: string | null;
}

/**
 * @param question what was asked, but for the part of the list.
 * @throws {ApiError} for a cursor of another question.
 */
export function partOf<T>(
  all: readonly T[],
  { startCursor, pageSize }: ListPart,
  cursors: Cursors,
  question: string,
): Part<T> {
  const offset = startCursor === undefined ? 0 : offsetOf(cursors, startCursor, question);
  const end = Math.min(offset + pageSize, all.length);
  return { items: all.slice(offset, end), nextCursor: end < all.length ? newCursor(cursors, question, end) : null };
}

/** @param type of what is listed; its own key is always empty, but for property items. */
export function listOf(type: string, { items, nextCursor }: Part<unknown>, details: Record<string, unknown> = {}) {
  return {
    object: 'list',
    results: items,
    next_cursor: nextCursor,
    has_more: nextCursor !== null,
    type,
    [type]: details,
  };
}

function offsetOf(cursors: Cursors, cursor: string, question: string): number {
  const known = cursors.get(cursor);
  if (known?.question === question) return known.offset;
  throw validationError(`The start_cursor provided is invalid: ${cursor}`);
}

function newCursor(cursors: Cursors, question: string, offset: number): string {
  const cursor = randomUUID();
  cursors.set(cursor, { question, offset });
  return cursor;
}
