import { isHTTPResponseError } from '@notionhq/client';
import { z } from 'zod';
import { NotionRefusal, NotionUnavailable } from './errors.ts';

/** A network rule at Notion's edge answers 403 in HTML; it concerns the address we call from, and passes. */
export const TURNED_AWAY_MS = 10 * 60_000;

const ErrorBody = z.object({
  code: z.string().regex(/^[a-z_]{1,60}$/),
  message: z.string().catch(''),
  additional_data: z.looseObject({}).catch({}),
});

type ErrorBody = z.infer<typeof ErrorBody>;

/**
 * What a failed call to Notion means. Decided by HTTP status: the client's own codes lack several of Notion's, and
 * whatever comes from a proxy.
 *
 * @returns NotionRefusal, NotionUnavailable, or `error` itself if it did not come from a call.
 * @see https://developers.notion.com/reference/status-codes
 * @see https://developers.notion.com/reference/request-limits
 */
export function meaningOf(error: unknown): unknown {
  if (!isHTTPResponseError(error)) return error;

  const { status } = error;
  const body = readBody(error.body);
  const answer = `${status}${body ? ` ${body.code}` : ''}${requestOf(error.request_id)}`;
  const retryAfterMs = retryAfterOf(error.headers, body);

  if (status === 429 && body && isBlocked(body)) {
    return new NotionRefusal(
      'blocked',
      `Notion blocks this integration and waiting does not help: ask its support (${answer}).`,
    );
  }
  if (status === 429 || status === 529) {
    const fate = status === 429 ? 'limited' : 'overloaded';
    return new NotionUnavailable(`Notion wants to be left alone (${answer})`, retryAfterMs, { fate });
  }
  if (status === 403 && !body) {
    return new NotionUnavailable(`Notion's network refused us (${answer})`, TURNED_AWAY_MS, { fate: 'turned_away' });
  }
  if (status === 409 && body?.code === 'row_limit_exceeded') {
    return new NotionRefusal('row_limit', `The database in Notion takes no more rows: archive some (${answer}).`);
  }
  if (status === 409) {
    return new NotionUnavailable(`Notion met another change (${answer})`, retryAfterMs, { fate: 'conflict' });
  }
  if (status === 408 || status >= 500) {
    const saved = body && savedBy(body);
    return new NotionUnavailable(`Notion answered ${answer}`, retryAfterMs, saved && { saved });
  }
  return refusalOf(status, body, answer);
}

function refusalOf(status: number, body: ErrorBody | undefined, answer: string): NotionRefusal {
  if (status === 401) {
    return new NotionRefusal(
      'unauthorized',
      `Notion does not accept the token: copy the integration's secret to NOTION_TOKEN again (${answer}).`,
    );
  }
  if (status === 403 && body && 'block_limit' in body.additional_data) {
    return new NotionRefusal(
      'creates_blocked',
      `The Notion workspace has used up the blocks of its plan: nothing can be added until it is upgraded (${answer}).`,
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
  if (status === 400 && body && /that is archived|archived ancestor/.test(body.message)) {
    return new NotionRefusal('archived', `The page is in Notion's trash or archive: restore it (${answer}).`);
  }
  return new NotionRefusal('invalid_request', `Notion does not understand the request (${answer}).`);
}

function isBlocked({ additional_data: { rate_limit_reason: reason } }: ErrorBody): boolean {
  return typeof reason === 'string' && reason.endsWith('_blocked');
}

/**
 * A write may be saved although no answer could be built in time. Notion then says so, and names what it made where the caller cannot
 * know it: a page, or the blocks that were appended.
 */
function savedBy({ additional_data: data }: ErrorBody): readonly string[] | undefined {
  const { committed_child_ids: children, committed_resource_id: resource, retry_guidance: guidance } = data;
  const ids = textsIn(Array.isArray(children) ? children : [resource]);
  const isSaved = ids.length > 0 || textsIn([guidance].flat()).some((advice) => /do not repeat/i.test(advice));
  return isSaved ? ids : undefined;
}

function textsIn(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}

function readBody(text: string): ErrorBody | undefined {
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
function retryAfterOf(headers: unknown, body: ErrorBody | undefined): number | undefined {
  const text = headers instanceof Headers ? headers.get('retry-after') : null;
  const given = text ?? body?.additional_data['retry_after'];
  if (typeof given !== 'string') return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, Math.round(waitMs));
}
