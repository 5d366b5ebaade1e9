import { type Answer, ApiError, answerOfError } from './answers.ts';

/** What goes wrong with a request. */
export type FaultAction =
  /** Answered so. */
  | { answer: Answer }
  /** The connection is closed. */
  | 'drop'
  /** No answer ever; or its first half and then nothing. */
  | 'hang'
  | 'hang-in-body'
  /** Answered as ever, but only after this long. */
  | { delayMs: number };

export interface Fault {
  /** Which requests: matched against path and query; all by default. */
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
  take(path: string): FaultAction | undefined;
}

export function createFaults(): Faults {
  let waiting: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => waiting.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      waiting = [];
    },
    take(path) {
      const hit = waiting.find(({ fault }) => fault.path === undefined || fault.path.test(path));
      if (!hit) return undefined;
      hit.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return hit.fault.action;
    },
  };
}

/** One of Cal.com's own error answers. */
export function errorAnswer(status: number, headers: Record<string, string> = {}): Answer {
  return answerOfError(new ApiError(status, 'HttpException', 'Something went wrong.'), headers);
}

/** @param retryAfter as the header says it: seconds or an HTTP date; absent, there is no such header. */
export function rateLimited({ retryAfter }: { retryAfter?: string } = {}): Answer {
  const error = new ApiError(429, 'ThrottlerException', 'ThrottlerException: Too Many Requests');
  return answerOfError(error, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
}

/** What the network in front of Cal.com answers: a page. */
export function edgeAnswer(status: number): Answer {
  return {
    status,
    body: `<!DOCTYPE html><html><head><title>${status}</title></head><body><center>cloudflare</center></body></html>`,
    headers: { 'content-type': 'text/html' },
  };
}
