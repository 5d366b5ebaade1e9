import type { ToldTime } from '../clock-skew.ts';
import { networkCodeOf } from '../network-code.ts';
import { CalcomRefused, CalcomUnavailable } from './api.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { parseJson } from './parse-json.ts';

/** The one version we speak: without it, or with one that it does not know, Cal.com quietly answers in an older shape. */
const API_VERSION = '2024-08-13';
/** A page of bookings whose forms ask for essays has some megabytes. */
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

export interface AskOptions {
  apiKey: string;
  /** Without a trailing slash, and without the version in the path: https://api.cal.com. */
  baseUrl: string;
  /** Until a request is given up, its body included. Milliseconds. */
  patienceMs: number;
  /** Is told what each answer says of Cal.com's clock. */
  onAnswer?: (told: ToldTime) => void;
}

/**
 * Each sends one request to a path such as `/v2/bookings`: no retries.
 *
 * @returns the answer's body, or undefined when Cal.com says itself that it has no such thing.
 * @throws {CalcomUnavailable} @throws {CalcomRefused}
 */
export interface Asking {
  ask(path: string): Promise<Fields | undefined>;
  post(path: string, body: Fields): Promise<Fields | undefined>;
}

export function createAsk({ apiKey, baseUrl, patienceMs, onAnswer }: AskOptions): Asking {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'cal-api-version': API_VERSION,
    accept: 'application/json',
  };
  async function send(path: string, request: RequestInit): Promise<Fields | undefined> {
    const askedAt = Date.now();
    const { response, body } = await fetchWhole(`${baseUrl}${path}`, request, patienceMs);
    onAnswer?.({ date: response.headers.get('date'), askedAt, answeredAt: Date.now() });
    const answer = fieldsOf(parseJson(body));
    if (!response.ok) return meaningOfFailure(response, answer);
    if (answer?.['status'] === 'success' && answer['data'] != null) return answer;
    throw new CalcomUnavailable(`answered ${response.status} with something that is not its JSON`);
  }

  return {
    ask: (path) => send(path, { headers }),
    post: (path, body) =>
      send(path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

async function fetchWhole(
  url: string,
  request: RequestInit,
  patienceMs: number,
): Promise<{ response: Response; body: Buffer }> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), patienceMs);
  try {
    // The key must not follow a redirect to somebody else.
    const response = await fetch(url, { ...request, redirect: 'manual', signal: abort.signal });
    return { response, body: await readWhole(response) };
  } catch (error) {
    if (error instanceof CalcomUnavailable) throw error;
    if (abort.signal.aborted) throw new CalcomUnavailable(`did not answer within ${patienceMs / 1_000} s`);
    throw new CalcomUnavailable(`cannot be reached (${networkCodeOf(error)})`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function readWhole({ body }: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > LARGEST_ANSWER_BYTES) throw new CalcomUnavailable('answered with more than can be its JSON');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A proxy's error page, or a wrong base URL, must not look like news of a booking: only Cal.com's own words count. */
function meaningOfFailure({ status, headers }: Response, answer: Fields | undefined): undefined {
  const error = answer?.['status'] === 'error' ? fieldsOf(answer['error']) : undefined;
  if (status === 404 && error && !isUnknownRoute(error)) return undefined;

  const isPassing = status === 408 || status === 429 || status >= 500;
  if (isPassing || !error || status < 400) throw new CalcomUnavailable(`answered ${status}`, pauseOf(headers));
  throw new CalcomRefused(wordsFor(status));
}

/** What the framework under Cal.com's API says of a path that it does not serve. */
function isUnknownRoute({ message }: Fields): boolean {
  return typeof message !== 'string' || message.startsWith('Cannot ');
}

function wordsFor(status: number): string {
  if (status === 401) return 'Cal.com does not accept the API key: copy it to CALCOM_API_KEY again (401)';
  if (status === 403)
    return 'The Cal.com API key may not read these bookings, or not change them: make one that may, for CALCOM_API_KEY (403)';
  if (status === 404) return 'There is no API of version 2 under CALCOM_BASE_URL (404)';
  return `Cal.com's API does not understand the request (${status})`;
}

/** Seconds or an HTTP date; failing that, when Cal.com's own count of requests begins anew, in seconds from now or as an epoch. */
function pauseOf(headers: Headers): { retryAfterMs?: number } {
  const given = headers.get('retry-after') ?? headers.get('x-ratelimit-reset-default');
  if (given === null) return {};
  const seconds = Number(given);
  const pauseMs = Number.isNaN(seconds) ? Date.parse(given) - Date.now() : secondsFromNow(seconds) * 1_000;
  return Number.isNaN(pauseMs) ? {} : { retryAfterMs: Math.max(0, Math.round(pauseMs)) };
}

function secondsFromNow(seconds: number): number {
  const isEpoch = seconds > 1_000_000_000;
  return isEpoch ? seconds - Date.now() / 1_000 : seconds;
}
