import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { secretThatSigned } from '../../../src/signature.ts';

export const SECRET = 'cal-fixture-secret';

/** A webhook as it arrived. */
export interface Arrived {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  isSigned: boolean;
}

/** Where a sandbox's webhooks arrive: answers 202, or whatever it is told, after whatever it is told to do first. */
export async function openMailbox() {
  const arrived: Arrived[] = [];
  const mailbox = { status: 202, before: () => Promise.resolve() };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      await mailbox.before();
      const signature = request.headers['x-cal-signature-256'];
      arrived.push({
        path: request.url ?? '',
        headers: request.headers,
        text: body.toString(),
        isSigned: secretThatSigned([SECRET], body, signature) !== undefined,
      });
      response.writeHead(mailbox.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'accepted' }));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(mailbox, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  });
}
