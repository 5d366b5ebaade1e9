import { loadConfig } from '../config.ts';
import { OperatorError } from '../operator-error.ts';

/** The server's API, as its operator reaches it. */
export interface OperatorApi {
  /** @throws {OperatorError} with what the operator can do, when the server does not answer or refuses. */
  get<Answer>(path: string): Promise<AsJson<Answer>>;
  /** @throws {OperatorError} as {@link get} does. */
  post<Answer>(path: string, body?: object): Promise<AsJson<Answer>>;
}

/** What is left of a type once it has been JSON: instants are texts. */
export type AsJson<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? AsJson<Item>[]
    : T extends object
      ? { [Key in keyof T]: AsJson<T[Key]> }
      : T;

/** Reaches the server of this machine, or the one at `url`, with the token that the settings hold. */
export function operatorApiOf({ url }: { url?: string | undefined }): OperatorApi {
  const { server } = loadConfig('client');
  // Not PUBLIC_URL: what stands behind it mostly lets nothing but the webhook through.
  const baseUrl = (url ?? `http://127.0.0.1:${server.port}`).replace(/\/+$/, '');
  return createOperatorApi(baseUrl, server.operatorToken);
}

export function createOperatorApi(baseUrl: string, token: string | undefined): OperatorApi {
  async function ask(path: string, init: RequestInit = {}) {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(init.body != null && { 'content-type': 'application/json' }),
    };
    let response: Response;
    try {
      // A token must not follow a redirect to somebody else.
      response = await fetch(`${baseUrl}${path}`, { ...init, headers, redirect: 'manual' });
    } catch (error) {
      throw new OperatorError(`${baseUrl} does not answer (${whyNot(error)}): is the server running? Else give --url.`);
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && answer !== undefined) return answer;
    throw new OperatorError(wordsFor(response.status, answer, token !== undefined, baseUrl));
  }

  return {
    get: (path) => ask(path) as never,
    post: (path, body) => ask(path, { method: 'POST', ...(body && { body: JSON.stringify(body) }) }) as never,
  };
}

function wordsFor(status: number, answer: unknown, hasToken: boolean, baseUrl: string): string {
  const { reason, hint } = (answer ?? {}) as { reason?: unknown; hint?: unknown };
  if (status === 401) {
    return hasToken
      ? `${baseUrl} does not know this token: set OPERATOR_TOKEN to the one that the server has.`
      : `${baseUrl} asks for a token: set OPERATOR_TOKEN to the one that the server has.`;
  }
  if (status === 403) {
    return `${baseUrl} answers only to its own machine: set OPERATOR_TOKEN on the server and here, or run this there.`;
  }
  if (typeof reason !== 'string' || reason === 'not_found') {
    return `${baseUrl} does not answer like a Precall server (HTTP ${status}): is it the right address?`;
  }
  return `${baseUrl} refuses (${reason}).${typeof hint === 'string' ? ` ${hint}` : ''}`;
}

function whyNot(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : 'no connection';
}
