import { demoSeed, type Seed } from './seed.ts';
import { createTable, type SandboxTable } from './table.ts';
import { createWorld, type World } from './world.ts';
import { resetTo, type Snapshot, takeSnapshot } from './world-changes.ts';
import { type WorldName, worldSeed } from './worlds.ts';

/** The contacts database is always this one: whoever looks from another process need not ask. */
export const SANDBOX_CONTACTS_ID = '1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b';
const SEQUENCE_ID = '2a3b4c5d-6e7f-4801-9b2c-3d4e5f6a7b8c';

/** A world with the two databases that Precall works with, and the ways back to what it was. */
export interface Workspace {
  world: World;
  /** Others after a new seed. */
  readonly contacts: SandboxTable;
  readonly sequence: SandboxTable;
  /** Begins anew; snapshots are forgotten. */
  seed(seed: Seed | WorldName): void;
  /** Makes it what it was after it was seeded. */
  reset(): void;
  snapshot(name: string): void;
  /** @throws {Error} when there is no such snapshot. */
  restore(name: string): void;
}

export function createWorkspace(now: () => number, first: Seed | WorldName = demoSeed()): Workspace {
  const world = createWorld(now);
  const blank = takeSnapshot(world);
  const snapshots = new Map<string, Snapshot>();
  let planted = plant(first);

  function plant(seed: Seed | WorldName) {
    const { contacts, sequence } = typeof seed === 'string' ? worldSeed(seed) : seed;
    resetTo(world, blank);
    snapshots.clear();
    return {
      // A relation of the sequence needs the contacts to be there.
      contacts: createTable(world, contacts, SANDBOX_CONTACTS_ID),
      sequence: createTable(world, sequence, SEQUENCE_ID),
      seeded: takeSnapshot(world),
    };
  }

  return {
    world,
    get contacts() {
      return planted.contacts;
    },
    get sequence() {
      return planted.sequence;
    },
    seed: (seed) => {
      planted = plant(seed);
    },
    reset: () => resetTo(world, planted.seeded),
    snapshot: (name) => void snapshots.set(name, takeSnapshot(world)),
    restore: (name) => {
      const snapshot = snapshots.get(name);
      if (!snapshot) throw new Error(`the sandbox has no snapshot ${JSON.stringify(name)}`);
      resetTo(world, snapshot);
    },
  };
}
