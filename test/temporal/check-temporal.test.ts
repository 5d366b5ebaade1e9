import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkTemporal } from '../../src/temporal/check-temporal.ts';

const DEADLINE_EXCEEDED = 4;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;

const running: Http2Server[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** One that knows its namespace, and answers every other question with this gRPC status. @returns its address. */
async function aTemporalThatRefuses(status: number): Promise<string> {
  const server = createServer();
  server.on('stream', (stream, { ':path': path = '' }) => {
    const headers = { ':status': 200, 'content-type': 'application/grpc' };
    if (!path.endsWith('/DescribeNamespace')) {
      stream.respond({ ...headers, 'grpc-status': status }, { endStream: true });
      return;
    }
    stream.respond(headers, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }));
    // An empty message, not compressed.
    stream.end(Buffer.alloc(5));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  running.push(server);
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a Temporal that does not tell of its search attributes', () => {
  it.each([
    ['does not permit it', PERMISSION_DENIED],
    ['does not know how', UNIMPLEMENTED],
  ])('because it %s answers all the same', async (_why, status) => {
    const address = await aTemporalThatRefuses(status);

    expect(await checkTemporal({ connectionOptions: { address } })).toMatchObject([
      { what: 'connection', verdict: 'ok' },
      { what: 'namespace', verdict: 'ok' },
      { what: 'retention', verdict: 'warning' },
      { what: 'search attributes', verdict: 'ok', message: expect.stringContaining('does not tell') },
    ]);
  });

  it('in time does not answer', async () => {
    const address = await aTemporalThatRefuses(DEADLINE_EXCEEDED);

    expect(await checkTemporal({ connectionOptions: { address } })).toMatchObject([
      { what: 'connection', verdict: 'error', message: expect.stringContaining('does not answer') },
    ]);
  });
});
