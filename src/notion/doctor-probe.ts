import { randomUUID } from 'node:crypto';
import { isFullPage } from '@notionhq/client';
import type { Check } from '../check.ts';
import type { Ask } from './ask.ts';
import { NotionBusy, NotionRefusal, NotionUnavailable } from './errors.ts';
import { childrenOf, readChildren } from './read-children.ts';

const TITLE = 'Precall doctor, to be deleted';
const CAPABILITIES = 'https://www.notion.so/profile/integrations → the integration → Capabilities';

/** What the probe does, one after the other, and what the integration must be allowed for it. */
type Step = 'create' | 'append' | 'update' | 'trash';

const NEEDS: Record<Step, string> = {
  create: 'Insert content',
  append: 'Insert content',
  update: 'Update content',
  trash: 'Update content',
};

/**
 * Whether the integration may do what Precall does: creates a page, appends a block, gives it another title, and puts it into the
 * trash, whatever went wrong before.
 *
 * @param parentId of the page that it is made in.
 */
export async function checkWriting(ask: Ask, parentId: string | undefined): Promise<Check> {
  if (parentId === undefined) {
    return check(
      'error',
      'The contacts database lies in no page that a page could be created in: share one with the integration (••• → Connections), and name it with --probe-page.',
    );
  }
  const probe = createProbe(ask, parentId);
  const faults: string[] = [];
  let step: Step = 'create';
  let pageId: string | undefined;
  try {
    pageId = await probe.create();
    step = 'append';
    await probe.append(pageId);
    step = 'update';
    await probe.update(pageId);
  } catch (error) {
    faults.push(wordsFor(error, step, parentId));
  }
  try {
    if (pageId !== undefined) await probe.trash(pageId);
  } catch (error) {
    if (faults.length === 0) faults.push(wordsFor(error, 'trash', parentId));
    faults.push(`The page "${TITLE}" is still there (${pageId}): delete it.`);
  }
  return faults.length === 0
    ? check('ok', 'The integration may create a page, append to it, change it and trash it; the page is in the trash.')
    : check('error', faults.join(' '));
}

function createProbe(ask: Ask, parentId: string) {
  const title = `${TITLE} [${randomUUID().slice(0, 8)}]`;
  const changed = `${title}.`;

  return {
    create: () =>
      ask.add(
        async (client) => (await client.pages.create({ parent: { page_id: parentId }, properties: titled(title) })).id,
        async ([committed]) => committed ?? findChild(ask, parentId, title),
      ),

    append: (pageId: string) =>
      ask.add(
        async (client) => {
          const added = await client.blocks.children.append({
            block_id: pageId,
            children: [{ type: 'paragraph', paragraph: { rich_text: [{ text: { content: 'A test.' } }] } }],
          });
          return added.results[0]?.id;
        },
        async ([committed]) => committed ?? (await readChildren(ask, pageId))[0]?.id,
      ),

    update: (pageId: string) =>
      ask.set(
        (client) => client.pages.update({ page_id: pageId, properties: titled(changed) }),
        async () => {
          const page = await ask.read((client) => client.pages.retrieve({ page_id: pageId }));
          return isFullPage(page) && JSON.stringify(page.properties).includes(changed);
        },
      ),

    trash: (pageId: string) =>
      ask.set(
        (client) => client.pages.update({ page_id: pageId, in_trash: true }),
        async () => {
          const page = await ask.read((client) => client.pages.retrieve({ page_id: pageId }));
          return isFullPage(page) && page.in_trash;
        },
      ),
  };
}

function titled(content: string) {
  return { title: { title: [{ text: { content } }] } };
}

/** The page that was perhaps created although Notion's answer did not say so. */
async function findChild(ask: Ask, parentId: string, title: string): Promise<string | undefined> {
  for await (const child of childrenOf(ask, parentId)) {
    if (child.type === 'child_page' && child.text === title) return child.id;
  }
  return undefined;
}

/** @throws what does not come from Notion. */
function wordsFor(error: unknown, step: Step, parentId: string): string {
  if (error instanceof NotionUnavailable || error instanceof NotionBusy) return `${error.message}: try again later.`;
  if (!(error instanceof NotionRefusal)) throw error;
  switch (error.reason) {
    case 'creates_blocked':
      return `The integration may not ${step}: tick "${NEEDS[step]}" (${CAPABILITIES}). If it is ticked, the workspace may have used up the blocks of its plan.`;
    case 'forbidden':
      return `The integration may not ${step}: tick "${NEEDS[step]}" (${CAPABILITIES}).`;
    case 'not_shared':
      return `The page ${parentId} cannot be found, or is not shared with the integration: open it, ••• → Connections, or name another one with --probe-page.`;
    default:
      return error.message;
  }
}

function check(verdict: Check['verdict'], message: string): Check {
  return { part: 'notion', what: 'write probe', verdict, message };
}
