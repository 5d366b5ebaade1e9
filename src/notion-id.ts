/** An id of Notion's, or what is wrong with what was given for it. */
export type NotionIdReading = { id: string } | { fault: string };

const WANTED = 'the link of a Notion database or the id in it: the 32 hex digits before ?v=';

/**
 * Reads the id of a database from its link, or from the id alone, dashed or not.
 *
 * The view that a link names (`v`) does not matter. A link with `p` was copied while a page was open in a side view.
 */
export function readNotionId(text: string): NotionIdReading {
  const alone = dashed(text);
  if (alone) return { id: alone };

  const url = urlIn(text);
  if (!url) return { fault: `expected ${WANTED}` };
  if (url.searchParams.has('p')) {
    return { fault: 'is the link of a page that was open beside the database (p=): close it, and copy the link again' };
  }
  const lastPart = url.pathname.split('/').findLast((part) => part !== '') ?? '';
  const id = dashed(/[0-9a-f-]{32,36}$/i.exec(lastPart)?.[0].replaceAll('-', '').slice(-32) ?? '');
  return id ? { id } : { fault: `expected ${WANTED}` };
}

function urlIn(text: string): URL | undefined {
  if (/^https?:\/\//i.test(text)) return URL.canParse(text) ? new URL(text) : undefined;
  const isWithoutScheme = /^[\w.-]*\bnotion\.(so|site|com)\//i.test(text) && URL.canParse(`https://${text}`);
  return isWithoutScheme ? new URL(`https://${text}`) : undefined;
}

function dashed(text: string): string | undefined {
  const id = text.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
