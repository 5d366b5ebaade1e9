import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createWhole } from '../../create-whole.ts';

/** How another process of this machine reaches the sandbox of a running `npm start`. */
export interface Door {
  url: string;
  token: string;
}

const Door = z.object({ url: z.url(), token: z.string() });

/**
 * Leaves word of the sandbox in the data folder, for its owner's eyes only.
 *
 * @returns what takes it away again.
 */
export function openDoor(dataDir: string, door: Door): () => void {
  const file = doorFile(dataDir);
  const close = () => rmSync(file, { force: true });
  // One that was killed has left its own behind.
  close();
  createWhole(file, JSON.stringify(door));
  return close;
}

/** @returns undefined where no sandbox runs. */
export function findDoor(dataDir: string): Door | undefined {
  try {
    return Door.parse(JSON.parse(readFileSync(doorFile(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

function doorFile(dataDir: string): string {
  return join(dataDir, 'calcom-sandbox.json');
}
