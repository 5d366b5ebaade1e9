import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { fixture } from '../calcom/support.ts';
import { sign, type TestServer, useServers, useStore } from './support.ts';

const stores = useStore();
const createTestServer = useServers(stores);
const BOOKING = JSON.stringify(fixture('booking-created'));
const PATH = '/webhook/calcom-booking';
const kept = () => stores.store.inbox.list({ limit: 10 });

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

interface Wire {
  socket: Socket;
  /** Everything the server has said, once it has closed the connection. */
  closed: Promise<string>;
  /** Everything the server has said so far. */
  heard: () => string;
}

async function listening(): Promise<
  TestServer & { dial: () => Promise<Wire>; get: (path: string) => Promise<number> }
> {
  const server = createTestServer();
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.app.server.address() as AddressInfo;
  return {
    ...server,
    get: async (path) => (await fetch(`${url}${path}`)).status,
    async dial() {
      const socket = connect(port, '127.0.0.1').setEncoding('utf8');
      sockets.push(socket);
      let said = '';
      socket.on('data', (text: string) => {
        said += text;
      });
      // A server that refuses a body may close before all of it was written.
      socket.on('error', () => undefined);
      const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(said)));
      await once(socket, 'connect');
      return { socket, closed, heard: () => said };
    },
  };
}

function head(headers: Record<string, string | number>, method = 'POST', path = PATH): string {
  const all = { Host: 'localhost', 'X-Cal-Signature-256': sign(BOOKING), ...headers };
  return `${method} ${path} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
}

const LENGTH = Buffer.byteLength(BOOKING);

describe('on the wire', { timeout: 20_000 }, () => {
  it('whoever dawdles is given up within seconds, and others are served meanwhile', async () => {
    const { dial, get } = await listening();
    const [silentBody, slowBody, slowHeaders, silent] = await Promise.all([dial(), dial(), dial(), dial()]);
    const trickle = setInterval(() => {
      slowBody.socket.write(' ');
      slowHeaders.socket.write('X');
    }, 200);
    const before = performance.now();

    silentBody.socket.write(`${head({ 'Content-Length': LENGTH })}{"triggerEvent":`);
    slowBody.socket.write(head({ 'Content-Length': LENGTH }));
    slowHeaders.socket.write(`POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nX-`);

    try {
      expect(await get('/health')).toBe(200);
      for (const { closed } of [silentBody, slowBody, slowHeaders]) expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
      expect(performance.now() - before).toBeLessThan(8_000);
      expect(await silent.closed).toMatch(/^(HTTP\/1\.1 408 .*)?$/s);
      expect(await get('/health')).toBe(200);
    } finally {
      clearInterval(trickle);
    }
  });

  it('a body too long is refused, whether its length is told or not', async () => {
    const { dial, get } = await listening();
    const tooLong = ' '.repeat(1024 * 1024 + 1);
    const announced = await dial();
    const chunked = await dial();

    announced.socket.write(head({ 'Content-Length': tooLong.length, Connection: 'close' }));
    chunked.socket.write(
      `${head({ 'Transfer-Encoding': 'chunked', Connection: 'close' })}${tooLong.length.toString(16)}\r\n${tooLong}\r\n0\r\n\r\n`,
    );

    expect(await announced.closed).toMatch(/^HTTP\/1\.1 413 .*body_too_large/s);
    expect(await chunked.closed).toMatch(/^HTTP\/1\.1 413 .*body_too_large/s);
    expect(await kept()).toEqual([]);
    expect(await get('/health')).toBe(200);
  });

  it('a body in chunks is taken', async () => {
    const { dial } = await listening();
    const { socket, closed } = await dial();

    socket.write(head({ 'Transfer-Encoding': 'chunked', Connection: 'close' }));
    for (const part of [BOOKING.slice(0, 1_000), BOOKING.slice(1_000)]) {
      socket.write(`${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`);
      await sleep(20);
    }
    socket.write('0\r\n\r\n');

    expect(await closed).toMatch(/^HTTP\/1\.1 202 /);
  });

  it.each<[string, string]>([
    [
      'a length beside chunks, with which requests are smuggled past proxies',
      `${head({ 'Content-Length': 6, 'Transfer-Encoding': 'chunked' })}0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    ],
    ['two lengths', `${head({ 'Content-Length': LENGTH, 'content-length': 5 })}${BOOKING}`],
    ['a length that is none', `${head({ 'Content-Length': 'many' })}${BOOKING}`],
    ['no HTTP', '\u0016\u0003\u0001 hello\r\n\r\n'],
  ])('a request with %s is refused and its connection closed', async (_, request) => {
    const { dial, get } = await listening();
    const { socket, closed } = await dial();

    socket.write(request);

    const answers = await closed;
    expect(answers).toMatch(/^HTTP\/1\.1 400 /);
    expect(answers.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(await kept()).toEqual([]);
    expect(await get('/health')).toBe(200);
  });

  it('headers without end are refused', async () => {
    const { dial } = await listening();
    const { socket, closed } = await dial();

    socket.write(head({ 'X-Long': 'x'.repeat(100_000) }));

    expect(await closed).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('two signatures in one request are none', async () => {
    const { dial } = await listening();
    const { socket, closed } = await dial();
    const twice = `X-Cal-Signature-256: ${sign(BOOKING)}\r\n`.repeat(2);

    socket.write(
      `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\n${twice}Content-Length: ${LENGTH}\r\nConnection: close\r\n\r\n${BOOKING}`,
    );

    expect(await closed).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('requests that follow one another without waiting are answered in their order', async () => {
    const { dial } = await listening();
    const { socket, closed } = await dial();
    const booking = `${head({ 'Content-Length': LENGTH })}${BOOKING}`;

    socket.write(
      `${booking}${head({}, 'GET', '/health')}${booking}${head({ Connection: 'close' }, 'GET', '/nothing')}`,
    );

    const statuses = [...(await closed).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['202', '200', '200', '404']);
    expect(await kept()).toHaveLength(1);
  });

  it('senders that hang up early leave no trace', async () => {
    const { dial, get, logged } = await listening();

    for (const part of ['', 'POST', head({ 'Content-Length': LENGTH }), `${head({ 'Content-Length': LENGTH })}{"tri`]) {
      const { socket } = await dial();
      socket.write(part);
      socket.resetAndDestroy();
    }
    await sleep(100);

    expect(await get('/health')).toBe(200);
    expect(await kept()).toEqual([]);
    expect(logged()).not.toMatch(/"level":(50|60)/);
  });
});
