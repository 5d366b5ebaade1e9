import { type Answer, ApiError, answerOfError } from './answers.ts';

/** What goes wrong with a request. */
export type FaultAction =
  /** Answered so, and nothing else happens. */
  | { answer: Answer }
  /** Carried out, then answered so. */
  | { commitThenAnswer: Answer }
  /** The connection is closed before anything happens, or after everything did. */
  | 'drop'
  | 'commit-then-drop'
  /** No answer ever; or its first half and then nothing. */
  | 'hang'
  | 'hang-in-body'
  /** Carried out and answered, but only after this long. */
  | { delayMs: number };

export interface Fault {
  /** Which requests: all by default. */
  method?: 'GET' | 'POST' | 'PATCH';
  /** Matched against the path without its query, such as `/v1/pages/<id>`. */
  path?: RegExp;
  /** How many of them in a row; 1 by default, Infinity for good. */
  times?: number;
  action: FaultAction;
}

/** The faults in wait, in the order they were ordered. */
export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault this request runs into, which is thereby spent. */
  take(method: string, path: string): FaultAction | undefined;
}

export function createFaults(): Faults {
  let waiting: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => waiting.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      waiting = [];
    },
    take(method, path) {
      const hit = waiting.find(
        ({ fault }) => (fault.method ?? method) === method && (fault.path === undefined || fault.path.test(path)),
      );
      if (!hit) return undefined;
      hit.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return hit.fault.action;
    },
  };
}

const CODES: Record<number, [code: string, message: string]> = {
  401: ['unauthorized', 'API token is invalid.'],
  403: ['restricted_resource', 'Insufficient permissions for this endpoint.'],
  409: ['conflict_error', 'Conflict occurred while saving. Please try again.'],
  500: ['internal_server_error', 'Unexpected error occurred.'],
  502: ['bad_gateway', 'Bad gateway.'],
  503: ['service_unavailable', 'Notion is unavailable, please try again later.'],
  504: ['gateway_timeout', 'Gateway timeout.'],
  529: ['service_overload', 'Notion is overloaded, please try again later.'],
};

/** One of Notion's own error answers. */
export function errorAnswer(status: number, headers: Record<string, string> = {}): Answer {
  const [code, message] = CODES[status] ?? ['validation_error', 'body failed validation.'];
  return answerOfError(new ApiError(status, code, message), headers);
}

/**
 * A 429.
 *
 * @param retryAfter as the header says it: seconds or an HTTP date. Absent, only the body tells the seconds.
 */
export function rateLimited({
  retryAfter,
  reason = 'public_api_request_rate_limit',
}: {
  retryAfter?: string;
  reason?: string;
} = {}): Answer {
  return answerOfError(
    new ApiError(429, 'rate_limited', 'You have been rate limited. Please try again in a few minutes.', {
      rate_limit_reason: reason,
      retry_after: '31',
    }),
    retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  );
}

/** What the network in front of Notion answers: a page, with no request id. */
export function edgeAnswer(status: number): Answer {
  return {
    status,
    body: `<!DOCTYPE html><html><head><title>${status}</title></head><body><center>cloudflare</center></body></html>`,
    headers: { 'content-type': 'text/html', 'cf-ray': '8f2d1c4b5a697812-FRA' },
  };
}
