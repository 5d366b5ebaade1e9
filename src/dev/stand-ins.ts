import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createWhole } from '../create-whole.ts';
import { identityOf } from '../process-identity.ts';

const Address = z.object({ address: z.string(), namespace: z.string() });
const NotionAccess = z.object({
  token: z.string(),
  baseUrl: z.url(),
  contactsDatabaseId: z.string(),
  sequenceDatabaseId: z.string(),
});

const StandIns = z.object({
  /** Where its server answers. */
  url: z.url(),
  temporal: Address.optional(),
  notion: NotionAccess.optional(),
  smtpUrl: z.string().optional(),
});

/** Where the parts of a running `npm start` are that stand in for what is not set up, for other processes of this machine. */
export type StandIns = z.infer<typeof StandIns>;

const Word = z.object({ process: z.string(), standIns: StandIns });

/**
 * Leaves word of them in the data folder, for its owner's eyes only.
 *
 * @returns what takes it away again.
 */
export function tellStandIns(dataDir: string, standIns: StandIns): () => void {
  const file = fileIn(dataDir);
  const forget = () => rmSync(file, { force: true });
  // One that was killed has left its own behind.
  forget();
  const word: z.infer<typeof Word> = { process: identityOf(process.pid) ?? '', standIns };
  createWhole(file, JSON.stringify(word));
  return forget;
}

/** @returns undefined where no `npm start` runs on this data folder. */
export function findStandIns(dataDir: string): StandIns | undefined {
  try {
    const { process, standIns } = Word.parse(JSON.parse(readFileSync(fileIn(dataDir), 'utf8')));
    return identityOf(Number.parseInt(process, 10)) === process ? standIns : undefined;
  } catch {
    return undefined;
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'stand-ins.json');
}
