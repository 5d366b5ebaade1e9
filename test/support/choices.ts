import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** People get reminders and no mails that tell what has happened: fewer kinds are easier to count. */
export const REMINDERS_ONLY = {
  mails: { moved: false, cancelled: false, noShow: [], host: { booked: false, moved: false, cancelled: false } },
};

/** @param folder the working directory of the processes that are to go by them. */
export async function writeChoices(folder: string, choices: object): Promise<void> {
  // JSON is YAML.
  await writeFile(join(folder, 'precall.yaml'), JSON.stringify(choices));
}
