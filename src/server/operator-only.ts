import type { IncomingHttpHeaders } from 'node:http';
import type { onRequestHookHandler } from 'fastify';
import { isFromThisMachine } from '../loopback.ts';
import { isSameToken } from './same-token.ts';

/**
 * Lets in whoever brings OPERATOR_TOKEN as a Bearer token; where there is none, whoever sits at this machine.
 *
 * Anybody's web page can have the operator's browser ask this machine for something: without a token, what such a page asks
 * for is refused.
 */
export function operatorOnly(token: string | undefined): onRequestHookHandler {
  return async (request, reply) => {
    if (token !== undefined) {
      if (isBearer(request.headers.authorization, token)) return;
      return reply.code(401).header('www-authenticate', 'Bearer').send({
        status: 'refused',
        reason: 'invalid_operator_token',
        hint: 'Send the OPERATOR_TOKEN of this server as `Authorization: Bearer <token>`.',
      });
    }
    if (isFromThisMachine(request) && !isFromAnotherSite(request.headers)) return;
    return reply.code(403).send({
      status: 'refused',
      reason: 'only_for_this_machine',
      hint: 'Set OPERATOR_TOKEN on this server to reach it from elsewhere.',
    });
  };
}

function isBearer(authorization: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  return given !== undefined && isSameToken(given, token);
}

function isFromAnotherSite({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin !== `http://${host}`) return true;
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
