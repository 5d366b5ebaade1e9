import { Client } from '@notionhq/client';
import { networkCodeOf } from '../network-code.ts';
import { NotionUnavailable } from './errors.ts';

/** The one version we speak; what the client would choose itself is older. */
export const NOTION_VERSION = '2026-03-11';

/** Notion gives up on a request after 60 s; giving up earlier on a write would only leave it in doubt. */
const TIMEOUTS_MS: Timeouts = { read: 20_000, write: 65_000 };

/** Milliseconds until a request is given up, its body included. */
export interface Timeouts {
  read: number;
  write: number;
}

/** One HTTP request, as told to a log: what was asked and how it went, never what was in it. */
export interface NotionRequest {
  method: string;
  /** Without its query. */
  path: string;
  /** Absent if no answer came. */
  status?: number;
  /** Notion's own id of the request, for its support. */
  requestId?: string;
  /** The same of the network in front of it, which answers some requests itself. */
  rayId?: string;
  durationMs: number;
}

export interface NotionClientOptions {
  token: string;
  /** Without a trailing slash. */
  baseUrl: string;
  timeoutsMs?: Timeouts;
  onRequest?: (request: NotionRequest) => void;
}

/**
 * Notion's own client, which sends each request once: whether it is sent again is decided by `createBeginAsking`.
 *
 * A call that gets no usable answer rejects with NotionUnavailable, one that Notion refuses with the client's own error.
 */
export function createClient({ token, baseUrl, timeoutsMs = TIMEOUTS_MS, onRequest }: NotionClientOptions): Client {
  return new Client({
    auth: token,
    baseUrl,
    notionVersion: NOTION_VERSION,
    retry: false,
    fetch: createFetch(timeoutsMs, onRequest),
    // Ours fires first: this one neither closes the connection nor covers the body.
    timeoutMs: 2 * Math.max(timeoutsMs.read, timeoutsMs.write),
    // What the client logs quotes values; `onRequest` tells what may be told.
    logger: () => {},
  });
}

type Fetch = NonNullable<NonNullable<ConstructorParameters<typeof Client>[0]>['fetch']>;

/** Closes the connection when time is up, and reads the body before the clock stops. */
function createFetch(timeoutsMs: Timeouts, onRequest: NotionClientOptions['onRequest']): Fetch {
  return async (url, { method = 'GET', headers = {}, body } = {}) => {
    const path = new URL(url).pathname;
    const limitMs = isRead(method, path) ? timeoutsMs.read : timeoutsMs.write;
    const startedAt = performance.now();
    let seen: Pick<NotionRequest, 'status' | 'requestId' | 'rayId'> = {};
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), limitMs);
    try {
      const response = await fetch(url, {
        method,
        headers,
        body: body ?? null,
        // A redirect would turn a write into a read.
        redirect: 'manual',
        signal: abort.signal,
      });
      seen = { status: response.status, ...idsIn(response.headers) };

      const text = await response.text();
      if (response.ok && !isNotionObject(text)) {
        throw new NotionUnavailable(
          `Notion answered ${response.status} with something that is not its JSON`,
          undefined,
          { reached: false },
        );
      }
      return { ok: response.ok, status: response.status, headers: response.headers, text: async () => text };
    } catch (error) {
      if (error instanceof NotionUnavailable) throw error;
      if (abort.signal.aborted) throw new NotionUnavailable(`Notion did not answer within ${limitMs / 1000} s`);
      throw new NotionUnavailable(`Notion cannot be reached (${networkCodeOf(error)})`, undefined, { reached: false });
    } finally {
      clearTimeout(timer);
      onRequest?.({ method, path, ...seen, durationMs: Math.round(performance.now() - startedAt) });
    }
  };
}

function isRead(method: string, path: string): boolean {
  return method === 'GET' || path.endsWith('/query') || path.endsWith('/search');
}

/** Only what looks like an id: a header could hold anything. */
function idsIn(headers: Headers): Pick<NotionRequest, 'requestId' | 'rayId'> {
  const requestId = headers.get('x-notion-request-id') ?? '';
  const rayId = headers.get('cf-ray') ?? '';
  return { ...(isId(requestId) && { requestId }), ...(isId(rayId) && { rayId }) };
}

function isId(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text);
}

/** Every answer of Notion's says which kind of object it is; a proxy's or a half one does not. */
function isNotionObject(text: string): boolean {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null && 'object' in answer;
  } catch {
    return false;
  }
}
