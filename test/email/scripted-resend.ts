import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One request as it came. */
export interface ResendRequest {
  method: string;
  path: string;
  key: string | undefined;
  authorization: string | undefined;
  body: string;
}

/** What is done with a request instead of what Resend would do. */
export type Fault =
  | { answer: number; name?: string; message?: string; headers?: Record<string, string>; body?: string }
  /** The mail is taken, and the answer is lost. */
  | 'reset after taking'
  | 'silence after taking'
  /** The request is read, and nothing is done. */
  | 'reset';

export interface ScriptedResend {
  readonly url: string;
  readonly requests: ResendRequest[];
  /** The bodies of the mails that were sent: one that is repeated under its key is not sent again. */
  readonly sent: string[];
  /** For the next requests, in this order. */
  failNext(...faults: Fault[]): void;
  /** A day later no key is known any more. */
  forgetKeys(): void;
  /** What it answers to the list of domains. */
  domains: object[];
  stop(): Promise<void>;
}

/** A server that answers as Resend's API does, as far as mails need it. */
export async function startScriptedResend(): Promise<ScriptedResend> {
  const requests: ResendRequest[] = [];
  const sent: string[] = [];
  const faults: Fault[] = [];
  const known = new Map<string, { body: string; id: string }>();

  function take({ key, body }: ResendRequest): { status: number; answer: object } {
    const before = key === undefined ? undefined : known.get(key);
    if (before && before.body !== body) {
      return { status: 409, answer: errorOf(409, 'invalid_idempotent_request', 'Same key, another payload.') };
    }
    const id = before?.id ?? `mail-${sent.length + 1}`;
    if (!before) sent.push(body);
    if (key !== undefined) known.set(key, { body, id });
    return { status: 200, answer: { id } };
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers, socket } = incoming;
    const request = {
      method,
      path,
      key: headers['idempotency-key'] as string | undefined,
      authorization: headers.authorization,
      body: await text(incoming),
    };
    requests.push(request);
    const fault = faults.shift();
    if (fault === 'reset') return void socket.resetAndDestroy();
    if (typeof fault === 'object') {
      const { answer, name = 'application_error', message = 'As the test asked.', headers: own, body } = fault;
      response.writeHead(answer, { 'content-type': 'application/json', ...own });
      return void response.end(body ?? JSON.stringify(errorOf(answer, name, message)));
    }
    const isList = path.startsWith('/domains');
    const { status, answer } = isList ? { status: 200, answer: listOf(scripted.domains) } : take(request);
    if (fault === 'reset after taking') return void socket.resetAndDestroy();
    if (fault === 'silence after taking') return;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const scripted: ScriptedResend = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sent,
    domains: [],
    failNext: (...next) => void faults.push(...next),
    forgetKeys: () => known.clear(),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return scripted;
}

function errorOf(statusCode: number, name: string, message: string) {
  return { statusCode, name, message };
}

function listOf(data: object[]) {
  return { object: 'list', has_more: false, data };
}
