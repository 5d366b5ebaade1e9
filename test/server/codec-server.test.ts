import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createCipher, type KeyRing } from '../../src/cipher.ts';
import { type CodecServerOptions, createCodecServer, loopbackOrigins } from '../../src/server/codec-server.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { aKey } from '../support/a-key.ts';

const TOKEN = 'a-token-of-the-operator';
const UI = 'http://localhost:8233';
const SECRET = 'Tobias Okafor';

type Method = 'POST' | 'GET' | 'OPTIONS';
type Json = { metadata?: Record<string, string> | null; data?: string | null };

function aServer({ ring = [aKey('one')], ...options }: Partial<CodecServerOptions> & { ring?: KeyRing } = {}) {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const uiOrigins = loopbackOrigins(8233);
  const app = createCodecServer({ cipher: createCipher(ring), token: TOKEN, uiOrigins, log, ...options });

  const ask = (
    url: string,
    body: unknown,
    headers: Record<string, string> = {},
    method: Method = 'POST',
    ip = '127.0.0.1',
  ) =>
    app.inject({
      method,
      url,
      remoteAddress: ip,
      headers: { host: 'localhost:8234', 'content-type': 'application/json', ...headers },
      ...(method === 'POST' && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return { ask, logged: () => lines.join('') };
}

const withToken = { authorization: `Bearer ${TOKEN}` };

async function encrypted(value: unknown, ...ring: KeyRing): Promise<Json> {
  const codec = createPayloadCodec(createCipher(ring));
  return asJson((await codec.encode([defaultPayloadConverter.toPayload(value)]))[0]!);
}

function asJson({ metadata, data }: Payload): Json {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)])),
    data: base64(data!),
  };
}

describe('/decode', () => {
  it("answers with the payloads in clear text, as protobuf's JSON has them", async () => {
    const { ask } = aServer();
    const payloads = [await encrypted({ name: SECRET }, aKey('one')), await encrypted(7, aKey('one'))];

    const response = await ask('/decode', { payloads }, withToken);

    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      payloads: [
        { metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: Buffer.from(`{"name":"${SECRET}"}`).toString('base64') },
        { metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'Nw==' },
      ],
    });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('leaves what was never encrypted as it is', async () => {
    const payloads = [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'Nw==' }];

    expect((await aServer().ask('/decode', { payloads }, withToken)).json()).toEqual({ payloads });
  });

  it.each([{}, { payloads: null }, { payloads: [] }])('takes that there are none: %j', async (body) => {
    expect((await aServer().ask('/decode', body, withToken)).json()).toEqual({ payloads: [] });
  });

  it.each([{ metadata: null, data: null }, {}])('takes a payload that holds nothing: %j', async (payload) => {
    expect((await aServer().ask('/decode', { payloads: [payload] }, withToken)).json()).toEqual({
      payloads: [{ metadata: {}, data: '' }],
    });
  });

  it('names the key that is missing', async () => {
    const payloads = [await encrypted(SECRET, aKey('lost'))];

    const response = await aServer().ask('/decode', { payloads }, withToken);

    expect([response.statusCode, response.json()]).toEqual([422, { status: 'refused', reason: 'no_key_called_lost' }]);
  });

  it('says so when something only looks encrypted', async () => {
    const payloads = [{ metadata: { encoding: 'YmluYXJ5L2VuY3J5cHRlZA==' }, data: 'AAAA' }];

    const response = await aServer().ask('/decode', { payloads }, withToken);

    expect([response.statusCode, response.json()]).toEqual([
      422,
      { status: 'refused', reason: 'not_encrypted_with_these_keys' },
    ]);
  });
});

describe('/encode', () => {
  it('encrypts with the newest key what /decode then reads', async () => {
    const { ask } = aServer({ ring: [aKey('two'), aKey('one')] });
    const payloads = [asJson(defaultPayloadConverter.toPayload(SECRET))];

    const encoded = (await ask('/encode', { payloads }, withToken)).json() as { payloads: Json[] };

    expect(encoded.payloads[0]!.metadata!['encryption-key-id']).toBe(Buffer.from('two').toString('base64'));
    expect((await ask('/decode', encoded, withToken)).json()).toEqual({ payloads });
  });
});

describe('a token', () => {
  it.each([
    ['as a Bearer', '/decode', withToken],
    ['as a Bearer in lower case', '/decode', { authorization: `bearer ${TOKEN}` }],
    ['by itself, as --codec-auth may hand it on', '/decode', { authorization: TOKEN }],
    ['in the path', `/${TOKEN}/decode`, {}],
    ['in the path of /encode', `/${TOKEN}/encode`, {}],
  ])('opens it from anywhere: %s', async (_how, url, headers) => {
    const forwarded = { host: 'codec.example.com', 'x-forwarded-for': '203.0.113.7', ...headers };

    expect((await aServer().ask(url, {}, forwarded, 'POST', '203.0.113.7')).statusCode).toBe(200);
  });

  it('may be a long one in the path, too', async () => {
    const token = 'x'.repeat(600);

    expect((await aServer({ token }).ask(`/${token}/decode`, {})).statusCode).toBe(200);
  });

  it.each([
    ['none', '/decode', {}],
    ['another one', '/decode', { authorization: 'Bearer another-token-of-nobody' }],
    ['a part of it', '/decode', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['another one in the path', '/another/decode', {}],
    ['an empty one', '/decode', { authorization: 'Bearer ' }],
    ['one where nothing is', '/nothing', {}],
  ])('is asked for, also of this machine: %s', async (_which, url, headers) => {
    const response = await aServer().ask(url, {}, headers);

    expect([response.statusCode, response.json()]).toEqual([401, { status: 'refused', reason: 'wrong_token' }]);
  });
});

describe('without a token', () => {
  const open = () => aServer({ token: undefined });

  it('it answers to this machine', async () => {
    expect((await open().ask('/decode', {})).statusCode).toBe(200);
  });

  it.each([
    ['another host name', { host: 'codec.example.com' }, '127.0.0.1'],
    ['what was passed on', { 'x-forwarded-for': '127.0.0.1' }, '127.0.0.1'],
    ['another machine that says localhost', { host: 'localhost' }, '203.0.113.7'],
  ])('it refuses %s', async (_who, headers, ip) => {
    const response = await open().ask('/decode', {}, headers, 'POST', ip);

    expect([response.statusCode, response.json()]).toEqual([
      403,
      { status: 'refused', reason: 'only_for_this_machine' },
    ]);
  });
});

describe('a page', () => {
  const preflight = {
    origin: UI,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,x-namespace',
  };

  it("of Temporal's UI may ask, before it shows a token", async () => {
    const response = await aServer().ask('/decode', {}, preflight, 'OPTIONS');

    expect([response.statusCode, response.body]).toEqual([204, '']);
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': UI,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, x-namespace, authorization',
      vary: 'Origin',
    });
  });

  it.each([UI, 'http://127.0.0.1:8233'])("of Temporal's UI may read the answer: %s", async (origin) => {
    const response = await aServer().ask('/decode', {}, { ...withToken, origin });

    expect([response.statusCode, response.headers['access-control-allow-origin']]).toEqual([200, origin]);
  });

  it('of the UI may read why it is refused', async () => {
    const response = await aServer().ask('/decode', {}, { origin: UI });

    expect([response.statusCode, response.headers['access-control-allow-origin']]).toEqual([401, UI]);
  });

  it.each([
    'http://evil.example',
    'http://localhost:8234',
    'https://localhost:8233',
    `${UI}.evil.example`,
    'null',
    '*',
  ])('of any other origin may not, whatever it knows: %s', async (origin) => {
    for (const [method, headers] of [
      ['POST', withToken],
      ['OPTIONS', preflight],
    ] as const) {
      const response = await aServer().ask('/decode', {}, { ...headers, origin }, method);

      expect(response.statusCode).toBe(403);
      expect(response.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

describe('a request that cannot be understood', () => {
  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no list of payloads', '{"payloads":7}'],
    ['data that is not base64', '{"payloads":[{"data":"ä"}]}'],
    ['metadata that is not base64', '{"payloads":[{"metadata":{"encoding":"a b"}}]}'],
    ['a number for data', '{"payloads":[{"data":7}]}'],
    ['nothing', ''],
  ])('is a bad one: %s', async (_what, body) => {
    const response = await aServer().ask('/decode', body, withToken);

    expect([response.statusCode, response.json().status]).toEqual([400, 'refused']);
  });

  it('is told that only JSON is taken', async () => {
    const response = await aServer().ask('/decode', 'payloads', { ...withToken, 'content-type': 'text/plain' });

    expect([response.statusCode, response.json()]).toEqual([415, { status: 'refused', reason: 'only_json_is_taken' }]);
  });

  it('is refused above 8 MiB', async () => {
    const body = JSON.stringify({ payloads: [{ data: 'A'.repeat(8 * 1024 * 1024) }] });

    const response = await aServer().ask('/decode', body, withToken);

    expect([response.statusCode, response.json()]).toEqual([413, { status: 'refused', reason: 'body_too_large' }]);
  });

  it('is not found by another method than POST', async () => {
    expect((await aServer().ask('/decode', {}, withToken, 'GET')).statusCode).toBe(404);
  });
});

describe('the log', () => {
  it('holds nothing of what was asked, what was answered, or the token', async () => {
    const { ask, logged } = aServer();
    const known = await encrypted(SECRET, aKey('one'));

    await ask('/decode', { payloads: [known] }, withToken);
    await ask(`/${TOKEN}/decode`, { payloads: [await encrypted(SECRET, aKey('lost'))] });
    await ask('/decode', { payloads: [{ data: SECRET }] }, withToken);
    await ask(`/${TOKEN}/%ff`, {});

    for (const secret of [SECRET, TOKEN, known.data!]) expect(logged()).not.toContain(secret);
  });
});
