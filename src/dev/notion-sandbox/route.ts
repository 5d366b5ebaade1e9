import type { Access } from './access.ts';
import type { Cursors } from './lists.ts';
import type { Renderer } from './objects.ts';
import { propertyById } from './property-items.ts';
import type { EqualsRule } from './query.ts';
import type { Capability, Property, World } from './world.ts';

/** What all operations stand on. */
export interface Ground {
  world: World;
  access: Access;
  cursors: Cursors;
  equals: EqualsRule;
}

/** One operation of the API. */
export interface Route {
  method: string;
  path: RegExp;
  /** What the id in the path is called. */
  parameter?: string;
  needs?: Capability;
  writes?: boolean;
  /** Reads the request; what it returns looks at the world, changes it, and says what to answer. */
  open: (call: Call) => () => Record<string, unknown>;
}

export interface Call {
  /** From the path; normalized. */
  id: string;
  /** What else the path names, as it is spelled there. */
  name: string;
  query: URLSearchParams;
  body: unknown;
  render: Renderer;
}

/**
 * The properties that an answer is to show; undefined for all.
 *
 * @throws {ApiError} for one that is not there.
 */
export function chosenOf(
  properties: readonly Property[],
  ids: readonly string[] = [],
): ReadonlySet<string> | undefined {
  return ids.length === 0 ? undefined : new Set(ids.map((id) => propertyById(properties, id).id));
}
