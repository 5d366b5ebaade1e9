import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFromThisMachine } from '../loopback.ts';

/**
 * Answers with the page of a stand-in. It needs no password and shows addresses, so only whoever sits at this machine gets to see it.
 *
 * @param render gives nothing where there is no such page.
 */
export async function servePage(
  request: IncomingMessage,
  response: ServerResponse,
  render: () => Promise<string | undefined>,
): Promise<void> {
  if (!isFromThisMachine({ headers: request.headers, ip: request.socket.remoteAddress ?? '' })) {
    response.writeHead(403, { 'content-type': 'text/plain' });
    return void response.end('This page is for the machine it runs on.\n');
  }
  const page = await render();
  if (page === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' });
    return void response.end('There is no such page.\n');
  }
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  });
  response.end(page);
}
