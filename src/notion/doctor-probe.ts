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

/** Tries whether the integration may do what Precall does. */
export interface WriteProbe {
  /**
   * Creates a page, appends a block, gives it another title, and puts it into the trash, whatever went wrong before.
   *
   * @param parentId of the page that it is made in.
   */
  check(parentId: string | undefined): Promise<Check>;
  /** What lies about in Notion if nothing more is done from now on, and what to do about it; empty for nothing. */
  leftover(): string;
}

export function createWriteProbe(ask: Ask): WriteProbe {
  const title = `${TITLE} [${randomUUID().slice(0, 8)}]`;
  let page: 'none' | 'perhaps' | { id: string } = 'none';

  async function create(steps: Steps): Promise<string> {
    page = 'perhaps';
    try {
      const id = await steps.create();
      page = { id };
      return id;
    } catch (error) {
      // Anything else leaves open whether there is one by now.
      if (error instanceof NotionRefusal || error instanceof NotionBusy) page = 'none';
      throw error;
    }
  }

  /** @returns what went wrong, in words. */
  async function tryAll(parentId: string): Promise<string[]> {
    const steps = stepsOf(ask, parentId, title);
    const faults: string[] = [];
    let step: Step = 'create';
    try {
      const pageId = await create(steps);
      step = 'append';
      await steps.append(pageId);
      step = 'update';
      await steps.update(pageId);
    } catch (error) {
      faults.push(wordsFor(error, step, parentId));
    }
    try {
      if (typeof page === 'object') {
        await steps.trash(page.id);
        page = 'none';
      }
    } catch (error) {
      if (faults.length === 0) faults.push(wordsFor(error, 'trash', parentId));
    }
    return faults;
  }

  function leftover(): string {
    if (page === 'none') return '';
    return page === 'perhaps'
      ? `A page "${title}" may be there: delete it.`
      : `The page "${title}" is still there (${page.id}): delete it.`;
  }

  return {
    async check(parentId) {
      if (parentId === undefined) {
        return check(
          'error',
          'The contacts database lies in no page that a page could be created in: share one with the integration (••• → Connections), and name it with --probe-page.',
        );
      }
      const faults = await tryAll(parentId);
      if (faults.length > 0) return check('error', `${faults.join(' ')} ${leftover()}`.trim());
      return check(
        'ok',
        'The integration may create a page, append to it, change it and trash it; the page is in the trash.',
      );
    },
    leftover,
  };
}

type Steps = ReturnType<typeof stepsOf>;

function stepsOf(ask: Ask, parentId: string, title: string) {
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
