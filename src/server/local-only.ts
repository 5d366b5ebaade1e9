import type { onRequestHookHandler } from 'fastify';
import { isFromThisMachine } from '../loopback.ts';

/** For pages and doors without a password: answers 403 to whoever does not sit at this machine. */
export const localOnly: onRequestHookHandler = async (request, reply) => {
  if (isFromThisMachine(request)) return;
  await reply.code(403).send({ status: 'refused', reason: 'only_for_this_machine' });
};
