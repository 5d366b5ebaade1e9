import type { Answer } from '../stand-in-server.ts';

export type { Answer } from '../stand-in-server.ts';

/** A call that Cal.com would refuse, in its words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequestException', message);
}

export function notFound(message: string): ApiError {
  return new ApiError(404, 'NotFoundException', message);
}

export function answerOf(body: Record<string, unknown>): Answer {
  return { status: 200, body: { status: 'success', ...body }, headers: JSON_TYPE };
}

export function answerOfError({ status, code, message }: ApiError, headers: Record<string, string> = {}): Answer {
  const body = { status: 'error', timestamp: new Date().toISOString(), error: { code, message } };
  return { status, body, headers: { ...JSON_TYPE, ...headers } };
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
