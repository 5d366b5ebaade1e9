import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach } from 'vitest';

/** What becomes of one request. */
export type Move =
  | { status: number; body: unknown; headers?: Record<string, string> }
  /** No answer ever; its first half and then nothing; the connection closed. */
  | 'hang'
  | 'hang_in_body'
  | 'drop';

export interface MetRequest {
  method: string;
  path: string;
  /** Whether the caller has hung up before the answer was through. */
  abandoned: boolean;
}

/** A server that answers as it was told, one move after the other, and then with a page. */
export interface ScriptedNotion {
  url: string;
  met: MetRequest[];
  /** How many were on their way at once, at most. */
  readonly mostAtOnce: number;
  script(...moves: Move[]): void;
  /** Forgets the moves that were not needed. */
  forget(): void;
  /** Lets those that hang have their answer. */
  release(): void;
}

export const PAGE_ID = '0f9e8d7c-6b5a-4c3d-8e1f-a0b1c2d3e4f5';
const A_PAGE = { object: 'page', id: PAGE_ID };

/** One of Notion's own error answers. */
export function refused(
  status: number,
  code: string,
  {
    data,
    headers,
    message = 'It did not work.',
  }: { data?: object; headers?: Record<string, string>; message?: string } = {},
): Move {
  const requestId = 'b4b2c3c4-0000-4000-8000-000000000001';
  return {
    status,
    body: { object: 'error', status, code, message, request_id: requestId, ...(data && { additional_data: data }) },
    headers: { 'x-notion-request-id': requestId, ...headers },
  };
}

/** What the network in front of Notion answers: a page, with no request id. */
export function edge(status: number): Move {
  return {
    status,
    body: '<!DOCTYPE html><html><body><center>cloudflare</center></body></html>',
    headers: { 'content-type': 'text/html', 'cf-ray': '8f2d1c4b5a697812-FRA' },
  };
}

export function limited(retryAfter?: string, reason = 'public_api_request_rate_limit'): Move {
  return refused(429, 'rate_limited', {
    data: { rate_limit_reason: reason },
    ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }),
  });
}

/** Starts servers for one test each, and stops them after it. */
export function useScriptedNotion(): () => Promise<ScriptedNotion> {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((stop) => stop()));
  });
  return async () => {
    const { notion, stop } = await startScriptedNotion();
    running.push(stop);
    return notion;
  };
}

async function startScriptedNotion(): Promise<{ notion: ScriptedNotion; stop(): Promise<void> }> {
  const moves: Move[] = [];
  const met: MetRequest[] = [];
  const hanging = new Set<ServerResponse>();
  let [underWay, mostAtOnce] = [0, 0];

  const server = createServer(async (request, response) => {
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    const entry: MetRequest = { method: request.method!, path: request.url!.split('?')[0]!, abandoned: false };
    met.push(entry);
    response.on('close', () => {
      underWay -= 1;
      hanging.delete(response);
      entry.abandoned = !response.writableFinished;
    });
    await text(request).catch(() => '');
    meet(moves.shift() ?? { status: 200, body: A_PAGE }, response);
  });

  function meet(move: Move, response: ServerResponse): void {
    if (move === 'drop') return void response.destroy();
    if (move === 'hang') return void hanging.add(response);
    if (move === 'hang_in_body') return void response.writeHead(200).write('{"object":"pa');
    const { status, body, headers } = move;
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    notion: {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      met,
      get mostAtOnce() {
        return mostAtOnce;
      },
      script: (...more) => void moves.push(...more),
      forget: () => void moves.splice(0),
      release: () => {
        for (const response of hanging) meet({ status: 200, body: A_PAGE }, response);
      },
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
