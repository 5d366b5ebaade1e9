import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { isOneAddress } from '../address.ts';
import type { Suppression, Suppressions } from '../store/suppressions.ts';
import { operatorOnly } from './operator-only.ts';

export interface SuppressionsApiOptions {
  suppressions: Pick<Suppressions, 'list' | 'lift'>;
  personOf: (address: string) => string;
  /** Without one, the API is for this machine only. */
  token: string | undefined;
}

/** Why somebody gets no mail any more. `at` is ISO 8601, UTC. */
export interface SuppressionView extends Pick<Suppression, 'reason' | 'at'> {
  /** Enough to know it again: `t…@example.com`. Absent where it is not kept, or has been forgotten. */
  address?: string;
  /** Mails of this booking alone; all mails without one. */
  bookingUid?: string;
}

/** `GET /api/suppressions`: newest first. */
export interface SuppressionList {
  suppressions: SuppressionView[];
}

/** `POST /api/suppressions/lift`. */
export interface Lifted {
  /** Whether anything stood against mails to the address. */
  lifted: boolean;
}

const LiftBody = z.strictObject({
  address: z.string().refine(isOneAddress, { error: 'expected one address' }),
});

/** What `precall suppressions` asks for. An address goes in a body, never in a URL: proxies log those. */
export const suppressionsApi: FastifyPluginAsync<SuppressionsApiOptions> = async (
  app,
  { suppressions, personOf, token },
) => {
  app.addHook('onRequest', operatorOnly(token));
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));

  app.get('/api/suppressions', async () => {
    const rows = await suppressions.list();
    return { suppressions: rows.map(viewOf) } satisfies SuppressionList;
  });

  app.post('/api/suppressions/lift', async ({ body, log }, reply) => {
    const { data, error } = LiftBody.safeParse(body);
    if (error) {
      return reply.code(400).send({ status: 'refused', reason: 'bad_request', hint: 'Expected one address.' });
    }
    const lifted = await suppressions.lift(personOf(data.address));
    if (lifted) log.info('an address gets mails again: the operator has lifted what stood against it');
    return { lifted } satisfies Lifted;
  });
};

function viewOf({ reason, at, address, booking }: Suppression): SuppressionView {
  return {
    reason,
    at,
    ...(address !== undefined && { address: masked(address) }),
    ...(booking && { bookingUid: booking.uid }),
  };
}

function masked(address: string): string {
  const [first = ''] = address;
  return `${first}…${address.slice(address.lastIndexOf('@'))}`;
}
