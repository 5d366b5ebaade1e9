import { type Answer, ApiError, answerOfError } from './answers.ts';

const ERRORS: Record<number, [code: string, message: string]> = {
  400: ['validation_error', 'body failed validation.'],
  401: ['unauthorized', 'API token is invalid.'],
  403: ['restricted_resource', 'Insufficient permissions for this endpoint.'],
  409: ['conflict_error', 'Conflict occurred while saving. Please try again.'],
  500: ['internal_server_error', 'Unexpected error occurred.'],
  502: ['bad_gateway', 'Bad gateway.'],
  503: ['service_unavailable', 'Notion is unavailable, please try again later.'],
  504: ['gateway_timeout', 'Gateway timeout.'],
  529: ['service_overload', 'Notion is overloaded, please try again later.'],
};

/**
 * One of Notion's own error answers.
 *
 * @param code where the status has several, such as `database_connection_unavailable` of a 503; the usual one by default.
 */
export function errorAnswer(status: number, headers: Record<string, string> = {}, code?: string): Answer {
  const [usual, message] = ERRORS[status] ?? ERRORS[400]!;
  return answerOfError(new ApiError(status, code ?? usual, message), headers);
}

/** A 400 that says what is wrong with the request. */
export function invalidAnswer(message: string): Answer {
  return answerOfError(new ApiError(400, 'validation_error', message));
}

export const RATE_LIMIT_REASONS = ['connection', 'workspace', 'blocked', 'unknown'] as const;

/** Whose budget is spent; or that waiting does not help; or something that nobody has documented. */
export type RateLimitReason = (typeof RATE_LIMIT_REASONS)[number];

const REASONS: Record<RateLimitReason, string> = {
  connection: 'public_api_request_rate_limit',
  workspace: 'public_api_space_request_rate_limit',
  blocked: 'public_api_request_blocked',
  unknown: 'public_api_reason_of_tomorrow',
};

/**
 * A 429.
 *
 * @param retryAfter as the header says it: seconds or an HTTP date, which the body then says in seconds. Absent, only the body
 *   tells, 31 seconds; null, nobody does.
 * @param reason one of ours, or in Notion's own word.
 * @param at what an HTTP date is compared with.
 */
export function rateLimited({
  retryAfter,
  reason = 'connection',
  at = Date.now(),
}: {
  retryAfter?: string | null;
  reason?: RateLimitReason | (string & {});
  at?: number;
} = {}): Answer {
  const seconds = retryAfter === undefined ? '31' : retryAfter === null ? undefined : secondsOf(retryAfter, at);
  return answerOfError(
    new ApiError(429, 'rate_limited', 'You have been rate limited. Please try again in a few minutes.', {
      rate_limit_reason: REASONS[reason as RateLimitReason] ?? reason,
      ...(seconds !== undefined && { retry_after: seconds }),
    }),
    retryAfter ? { 'retry-after': retryAfter } : {},
  );
}

function secondsOf(retryAfter: string, at: number): string {
  if (!Number.isNaN(Number(retryAfter))) return retryAfter;
  return String(Math.max(0, Math.ceil((Date.parse(retryAfter) - at) / 1000)));
}

/** What the network in front of Notion answers: a page, with no request id. */
export function edgeAnswer(status: number): Answer {
  return {
    status,
    body: `<!DOCTYPE html><html><head><title>${status}</title></head><body><center>cloudflare</center></body></html>`,
    headers: { 'content-type': 'text/html', 'cf-ray': '8f2d1c4b5a697812-FRA' },
  };
}

/**
 * The 503 of a write that was saved all the same: it names what has come into being; what was only changed, the caller can name.
 *
 * @param saved what would have been answered otherwise.
 * @see https://developers.notion.com/reference/request-limits
 */
export function savedAnswer(method: string, path: string, saved: Answer): Answer {
  const { id, results } = saved.body as { id?: string; results?: { id: string }[] };
  const committed =
    method === 'POST'
      ? { committed_resource_id: id }
      : path.endsWith('/children')
        ? { committed_child_ids: (results ?? []).map((child) => child.id) }
        : {};
  const [code, message] = ERRORS[503]!;
  return answerOfError(
    new ApiError(503, code, message, {
      ...committed,
      retry_guidance: 'The write was saved. Do not repeat it: retrieve the object to see what it says now.',
    }),
  );
}
