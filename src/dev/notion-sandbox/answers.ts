import { randomUUID } from 'node:crypto';
import type { Answer } from '../stand-in-server.ts';

export type { Answer } from '../stand-in-server.ts';

/** A call Notion would refuse, in Notion's words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly additionalData: Record<string, unknown> | undefined;

  constructor(status: number, code: string, message: string, additionalData?: Record<string, unknown>) {
    super(message);
    this.status = status;
    this.code = code;
    this.additionalData = additionalData;
  }
}

export function validationError(message: string): ApiError {
  return new ApiError(400, 'validation_error', message);
}

/** Every answer carries the request's id, in the header and in the body. */
export function answerOf(status: number, body: Record<string, unknown>, headers: Record<string, string> = {}): Answer {
  const requestId = randomUUID();
  return {
    status,
    body: { ...body, request_id: requestId },
    headers: { 'content-type': 'application/json; charset=utf-8', 'x-notion-request-id': requestId, ...headers },
  };
}

export function answerOfError(
  { status, code, message, additionalData }: ApiError,
  headers?: Record<string, string>,
): Answer {
  return answerOf(
    status,
    { object: 'error', status, code, message, ...(additionalData && { additional_data: additionalData }) },
    headers,
  );
}
