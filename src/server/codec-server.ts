import type { Payload } from '@temporalio/common';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type onRequestHookHandler,
} from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Cipher, UnknownKey } from '../cipher.ts';
import { createPayloadCodec } from '../temporal/payload-codec.ts';
import { localOnly } from './local-only.ts';
import { isSameToken } from './same-token.ts';

export interface CodecServerOptions {
  cipher: Cipher;
  /** Undefined: it answers to this machine only. */
  token: string | undefined;
  /** Where the pages of Temporal's UI come from, such as `http://localhost:8233`: no other page may ask. */
  uiOrigins: readonly string[];
  log: Logger;
}

/** Temporal takes 2 MiB for one payload, and its UI sends those of one event at a time, in base64. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;
const PREFLIGHT_SECONDS = 600;

const Base64 = z.string().regex(/^[\w+/-]*={0,2}$/);

/** Protobuf's JSON leaves out what is empty. */
const Payloads = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), Base64).nullish(), data: Base64.nullish() }))
    .nullish()
    .transform((payloads) => payloads ?? []),
});

/**
 * Decrypts payloads for Temporal's UI and command line: `POST /decode`, and `/encode` for what they send.
 *
 * The token comes as `Authorization: Bearer …`, or as the first part of the path for the UI, which can be given an address
 * but no password. Answers 400 to what is no list of payloads, 401 to a wrong token, 403 to strangers, 413 above 8 MiB, and
 * 422 to what cannot be decrypted.
 *
 * @see https://github.com/temporalio/samples-go/blob/main/codec-server/protocol.md
 */
export function createCodecServer({ cipher, token, uiOrigins, log }: CodecServerOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    // A request's address may hold the token.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    // The router takes 100 characters for a part of a path; a token may be longer.
    routerOptions: { maxParamLength: 1_024 },
    requestTimeout: 5_000,
    connectionTimeout: 10_000,
    http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    frameworkErrors: answerError,
  });
  const codec = createPayloadCodec(cipher);

  // Any page may send plain text without asking first.
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ status: 'refused', reason: 'not_found' }));
  // Asked in this order: a browser asks for permission before it sends the token.
  app.addHook('onRequest', pagesFrom(uiOrigins));
  app.addHook('onRequest', token === undefined ? localOnly : holdersOf(token));

  const works = {
    decode: (payloads: Payload[]) => codec.decode(payloads).catch(cannotBeDecrypted),
    encode: (payloads: Payload[]) => codec.encode(payloads),
  };
  for (const [name, work] of Object.entries(works)) {
    for (const path of [`/${name}`, `/:token/${name}`]) {
      app.post(path, async ({ body }, reply) => {
        const request = Payloads.safeParse(body);
        if (!request.success) return reply.code(400).send({ status: 'refused', reason: 'not_a_list_of_payloads' });
        const payloads = await work(request.data.payloads.map(fromJson));
        return reply.header('cache-control', 'no-store').send({ payloads: payloads.map(toJson) });
      });
    }
  }
  return app;
}

/** How a browser on this machine calls pages on this port. */
export function loopbackOrigins(port: number): string[] {
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
}

/** Lets pages of these origins ask, and whoever is no page. */
function pagesFrom(origins: readonly string[]): onRequestHookHandler {
  return async ({ method, headers: { origin } }, reply) => {
    reply.header('vary', 'Origin');
    if (origin === undefined) return;
    if (!origins.includes(origin)) {
      return reply.code(403).send({ status: 'refused', reason: 'not_for_pages_of_this_origin' });
    }
    reply.header('access-control-allow-origin', origin);
    if (method !== 'OPTIONS') return;
    return reply
      .header('access-control-allow-methods', 'POST')
      .header('access-control-allow-headers', 'content-type, x-namespace, authorization')
      .header('access-control-max-age', PREFLIGHT_SECONDS)
      .code(204)
      .send();
  };
}

function holdersOf(token: string): onRequestHookHandler {
  return async ({ headers: { authorization = '' }, params }, reply) => {
    const inPath = (params as { token?: string }).token ?? '';
    const given = [authorization.replace(/^Bearer +/i, ''), inPath];
    if (given.map((text) => isSameToken(text, token)).includes(true)) return;
    return reply.code(401).header('www-authenticate', 'Bearer').send({ status: 'refused', reason: 'wrong_token' });
  };
}

/** What comes here was not written by us, or its key is gone: nothing that has gone wrong in this server. */
class NotDecodable extends Error {
  override readonly name = 'NotDecodable';
  readonly statusCode = 422;
  readonly reason: string;

  constructor(cause: unknown) {
    super('A payload cannot be decrypted', { cause });
    // What only looks encrypted holds anything in the place of the key's id.
    const isId = cause instanceof UnknownKey && /^[\w-]{1,64}$/.test(cause.keyId);
    this.reason = isId ? `no_key_called_${cause.keyId}` : 'not_encrypted_with_these_keys';
  }
}

function cannotBeDecrypted(error: unknown): never {
  throw new NotDecodable(error);
}

function answerError(error: FastifyError | NotDecodable, { log }: FastifyRequest, reply: FastifyReply): void {
  const statusCode = error.statusCode ?? 500;
  if (statusCode >= 500) {
    log.error({ err: error }, 'request failed');
    reply.code(500).send({ status: 'failed', reason: 'internal_error' });
  } else {
    const reason = error instanceof NotDecodable ? error.reason : (REASONS[statusCode] ?? 'bad_request');
    reply.code(statusCode).send({ status: 'refused', reason });
  }
}

const REASONS: Record<number, string> = {
  408: 'too_slow',
  413: 'body_too_large',
  414: 'url_too_long',
  415: 'only_json_is_taken',
};

function fromJson({ metadata, data }: z.infer<typeof Payloads>['payloads'][number]): Payload {
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    ),
    data: Buffer.from(data ?? '', 'base64'),
  };
}

function toJson({ metadata, data }: Payload) {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
    data: base64(data ?? new Uint8Array()),
  };
}
