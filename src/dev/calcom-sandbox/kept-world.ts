import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { SandboxBooking, World } from './world.ts';

/** Bookings that a file holds, so that they outlive a restart; without a file they are held in memory only. */
export function openWorld(file: string | undefined): { world: World; save: () => void } {
  const world: World = new Map(bookingsIn(file).map((booking) => [booking.uid, booking]));
  return {
    world,
    save() {
      if (file === undefined) return;
      const draft = `${file}.draft`;
      writeFileSync(draft, JSON.stringify([...world.values()]), { mode: 0o600 });
      renameSync(draft, file);
    },
  };
}

function bookingsIn(file: string | undefined): SandboxBooking[] {
  return file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SandboxBooking[]) : [];
}
