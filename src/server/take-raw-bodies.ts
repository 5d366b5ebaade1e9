import type { FastifyInstance } from 'fastify';

/** A request whose body is the bytes as they were sent; undefined without any. */
export interface RawBody {
  Body: Buffer | undefined;
}

/**
 * Gives the routes of this plugin each body as the bytes that were sent, whatever their content type: a signature covers bytes, and
 * who posts them may call them anything.
 *
 * @param bodyLimit bytes; a longer body is answered 413.
 */
export function takeRawBodies(app: FastifyInstance, bodyLimit: number): void {
  app.removeAllContentTypeParsers();
  // Fastify has no parser for a content type that is none; for a missing one it takes ours.
  app.addHook('onRequest', async ({ headers }) => {
    delete headers['content-type'];
  });
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
}
