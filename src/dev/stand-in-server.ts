import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What goes back over the wire. A string is sent as it is, everything else as JSON. */
export interface Answer {
  status: number;
  body: unknown;
  headers: Record<string, string>;
}

/** Answers one request. Where it rejects, the caller is hung up on, and the others are served all the same. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface StandInServer {
  /** Without a trailing slash. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Listens in the place of a service of somebody else's.
 *
 * @param port a free one by default.
 * @throws {Error} if the port is taken.
 */
export async function startStandInServer(
  serve: Serve,
  { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {},
): Promise<StandInServer> {
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      // Those that hang would otherwise keep it open for ever.
      server.closeAllConnections();
      await closed;
    },
  };
}

/** @param half sends the first half of the body, and leaves the caller waiting for the rest. */
export function give(response: ServerResponse, answer: Answer, { half = false } = {}): void {
  const text = textOf(answer);
  response.writeHead(answer.status, answer.headers);
  if (half) response.write(text.slice(0, text.length / 2));
  else response.end(text);
}

/** The body as it goes over the wire. */
export function textOf({ body }: Answer): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** @returns what was sent, or why it cannot be taken. */
export async function readJson(
  request: IncomingMessage,
  largestBytes: number,
): Promise<{ value: unknown } | { fault: string }> {
  const body = await buffer(request);
  if (body.length > largestBytes) return { fault: 'The body is too large.' };
  try {
    return { value: JSON.parse(body.toString()) };
  } catch {
    return { fault: 'The body is not JSON.' };
  }
}
