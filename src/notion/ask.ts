import type { Client } from '@notionhq/client';
import type { Lane } from '../pace.ts';

/** One call of the real client, which is one HTTP request. `attempt` counts from 1. */
export type Call<T> = (client: Client, attempt: number) => Promise<T>;

/**
 * Asks Notion, at the pace it allows, again where its answer says that this can help, and looks before it repeats what may have been
 * done already. Each way rejects with NotionRefusal, NotionUnavailable or, before anything was done, NotionBusy.
 */
export interface Ask {
  read<T>(call: Call<T>): Promise<T>;
  /**
   * Sets something to a value, the same however often it is done.
   *
   * @param isDone looks whether it says so already; asked whenever an answer left that open.
   */
  set(call: Call<unknown>, isDone: () => Promise<boolean>): Promise<void>;
  /**
   * Adds something, once.
   *
   * @param find looks for what was perhaps added; `committed` are the ids that Notion itself said it has saved.
   */
  add<T>(call: Call<T>, find: (committed: readonly string[]) => Promise<T | undefined>): Promise<T>;
}

/**
 * Begins a piece of work of one or more requests. Only its first request may be put off, so that work that has begun is not begun
 * over and over.
 *
 * @param patienceMs how long it may take, and wait to begin; by default as long as suits one of many that are tried again.
 */
export type BeginAsking = (lane?: Lane, patienceMs?: number) => Ask;
