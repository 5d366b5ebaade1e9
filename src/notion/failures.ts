import { isHTTPResponseError } from '@notionhq/client';
import { z } from 'zod';
import { NotionRefusal, NotionUnavailable } from './errors.ts';

/** A network rule at Notion's edge answers 403 in HTML; it concerns the address we call from, and passes. */
const EDGE_BLOCK_MS = 10 * 60_000;

const ErrorBody = z.object({
  code: z.string().regex(/^[a-z_]{1,60}$/),
  additional_data: z.looseObject({}).optional().catch(undefined),
});

/**
 * What a failed call to Notion means. Decided by HTTP status: the client's own codes lack several of Notion's, and
 * whatever comes from a proxy.
 *
 * @returns NotionRefusal, NotionUnavailable, or `error` itself if it did not come from a call.
 * @see https://developers.notion.com/reference/status-codes
 */
export function meaningOf(error: unknown): unknown {
  if (!isHTTPResponseError(error)) return error;

  const { status } = error;
  const body = readBody(error.body);
  const answer = `${status}${body ? ` ${body.code}` : ''}${requestOf(error.request_id)}`;
  const retryAfterMs = retryAfterOf(error.headers, body?.additional_data);

  if (status === 429 && String(body?.additional_data?.['rate_limit_reason']).endsWith('_blocked')) {
    return new NotionRefusal(
      'blocked',
      `Notion blocks this integration and waiting does not help: ask its support (${answer}).`,
    );
  }
  if (status === 403 && !body) return new NotionUnavailable(`Notion's network refused us (${answer})`, EDGE_BLOCK_MS);
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    return new NotionUnavailable(`Notion answered ${answer}`, retryAfterMs);
  }
  if (status === 401) {
    return new NotionRefusal(
      'unauthorized',
      `Notion does not accept the token: copy the integration's secret to NOTION_TOKEN again (${answer}).`,
    );
  }
  if (status === 403) {
    return new NotionRefusal(
      'forbidden',
      `The Notion integration lacks a capability: allow it to read and update content (${answer}).`,
    );
  }
  if (status === 404 && body) {
    return new NotionRefusal(
      'not_shared',
      `Notion finds no such database or page: it was deleted, or is not shared with the integration (${answer}).`,
    );
  }
  return new NotionRefusal('invalid_request', `Notion does not understand the request (${answer}).`);
}

function readBody(text: string): z.infer<typeof ErrorBody> | undefined {
  try {
    return ErrorBody.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function requestOf(id: string | undefined): string {
  return id && /^[\w-]{1,64}$/.test(id) ? `, request ${id}` : '';
}

/** The header holds whole seconds or an HTTP date; the body repeats the seconds as text. */
function retryAfterOf(headers: unknown, additional: Record<string, unknown> | undefined): number | undefined {
  const text = headers instanceof Headers ? headers.get('retry-after') : null;
  const given = text ?? additional?.['retry_after'];
  if (typeof given !== 'string') return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, Math.round(waitMs));
}
