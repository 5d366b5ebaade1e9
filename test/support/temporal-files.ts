import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The data of the test's Temporal, to be touched only while it is down: SQLite keeps a journal beside the file itself. */
export function temporalFilesIn(folder: { readonly path: string }) {
  const backup = () => join(folder.path, 'backup');
  const names = async (path: string) => (await readdir(path)).filter((name) => name.startsWith('temporal.db'));
  const copy = async (from: string, to: string) => {
    for (const name of await names(from)) await cp(join(from, name), join(to, name));
  };

  const remove = async () => {
    for (const name of await names(folder.path)) await rm(join(folder.path, name));
  };
  return {
    remove,
    async backUp(): Promise<void> {
      await mkdir(backup());
      await copy(folder.path, backup());
    },
    async putBack(): Promise<void> {
      await remove();
      await copy(backup(), folder.path);
    },
  };
}
