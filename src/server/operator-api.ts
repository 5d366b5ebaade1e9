import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { DeliveryDetails, DeliverySummary, Inbox, Verdict } from '../store/inbox.ts';
import { TemporalUnavailable } from '../temporal/booking-runs.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { RestoreReport, Restorer } from './lost-runs.ts';
import { operatorOnly } from './operator-only.ts';
import { type ReadBody, verdictOn } from './verdict.ts';

export interface OperatorApiOptions {
  inbox: Pick<Inbox, 'list' | 'find' | 'reread' | 'tellAllAgainSince'>;
  dispatcher: Pick<Dispatcher, 'wake'>;
  restorer: Restorer;
  /** Reads what was kept again. */
  read: ReadBody;
  /** Without one, the API is for this machine only. */
  token: string | undefined;
}

/** `GET /api/deliveries`: newest first. */
export interface DeliveryList {
  deliveries: DeliverySummary[];
  /** `before` of the page that follows; absent on the last one. */
  next?: number;
}

/** `GET /api/deliveries/:id`. */
export type DeliveryView = Omit<DeliveryDetails, 'body'> & {
  /** As it was kept, without secrets: it holds names and addresses. Absent once it has been purged. */
  body?: string;
};

/** `POST /api/deliveries/:id/redeliver`: what reading it again has made of it. */
export interface Redelivery {
  deliveryId: number;
  status: Verdict['status'];
  /** Why it is not pending. */
  reason?: string;
}

/** `POST /api/rebuild`. */
export interface Rebuild extends RestoreReport {
  /** How many deliveries are dispatched again, if any were asked for. */
  toldAgain?: number;
}

const STATUSES = ['pending', 'dispatched', 'ignored', 'rejected', 'quarantined'] as const;
const Id = z.coerce.number({ error: 'expected a number' }).int({ error: 'expected a whole number' }).positive();

const ListQuery = z.strictObject({
  status: z.enum(STATUSES, { error: `expected one of ${STATUSES.join(', ')}` }).optional(),
  before: Id.optional(),
  limit: z.coerce.number().int().min(1).max(200, { error: 'expected 200 at most' }).default(50),
});

const RebuildBody = z
  .strictObject({
    since: z.iso
      .datetime({ offset: true, error: 'expected an instant such as 2026-12-03T15:00:00Z' })
      .transform((text) => new Date(text))
      .optional(),
  })
  .nullish();

/** What `precall deliveries` and `precall rebuild` ask for. */
export const operatorApi: FastifyPluginAsync<OperatorApiOptions> = async (
  app,
  { inbox, dispatcher, restorer, read, token },
) => {
  app.addHook('onRequest', operatorOnly(token));
  // It may hold names and addresses.
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));

  app.get('/api/deliveries', async ({ query }, reply) => {
    const { data, error } = ListQuery.safeParse(query);
    if (error) return refuse(reply, error);
    const { status, before, limit } = data;
    // One more than asked for tells whether a page follows.
    const rows = await inbox.list({ ...(status && { status }), ...(before && { before }), limit: limit + 1 });
    const deliveries = rows.slice(0, limit);
    return { deliveries, ...(rows.length > limit && { next: deliveries.at(-1)!.id }) } satisfies DeliveryList;
  });

  app.get<{ Params: { id: string } }>('/api/deliveries/:id', async ({ params }, reply) => {
    const delivery = await find(params.id);
    if (!delivery) return notFound(reply);
    const { body, ...rest } = delivery;
    return { ...rest, ...(body && { body: body.toString('utf8') }) } satisfies DeliveryView;
  });

  app.post<{ Params: { id: string } }>('/api/deliveries/:id/redeliver', async ({ params, log }, reply) => {
    const delivery = await find(params.id);
    if (!delivery) return notFound(reply);
    const { id, source, body, receivedAt } = delivery;
    if (source !== 'calcom') {
      return reply.code(409).send({
        status: 'refused',
        reason: 'no_webhook',
        hint: 'Precall has written it itself: there is no webhook to read again.',
      });
    }
    if (!body) {
      return reply.code(409).send({
        status: 'refused',
        reason: 'body_purged',
        hint: 'Its body has reached its age and is gone: there is nothing left to read.',
      });
    }

    const verdict = verdictOn(read(body, receivedAt));
    await inbox.reread(id, verdict);
    if (verdict.status === 'pending') dispatcher.wake();
    log.info({ deliveryId: id, status: verdict.status }, 'delivery read again by the operator');
    const reason = verdict.status === 'pending' ? {} : { reason: verdict.reason };
    return { deliveryId: id, status: verdict.status, ...reason } satisfies Redelivery;
  });

  app.post('/api/rebuild', async ({ body }, reply) => {
    const { data, error } = RebuildBody.safeParse(body);
    if (error) return refuse(reply, error);
    // Thousands of runs take longer than a connection may be idle.
    reply.raw.setTimeout(0);
    try {
      // Whoever asks for it means the newest as well; one that is only not listed yet is found to be running.
      const report = await restorer.restoreLost({ settledMs: 5_000 });
      const toldAgain = data?.since && (await inbox.tellAllAgainSince(data.since));
      dispatcher.wake();
      return { ...report, ...(toldAgain !== undefined && { toldAgain }) } satisfies Rebuild;
    } catch (error) {
      if (!(error instanceof TemporalUnavailable)) throw error;
      return reply.code(503).header('retry-after', '10').send({
        status: 'unavailable',
        reason: 'temporal_does_not_answer',
        hint: 'Start it again once Temporal is back: what was put back so far stays.',
      });
    }
  });

  async function find(id: string): Promise<DeliveryDetails | undefined> {
    const { data } = Id.safeParse(id);
    return data === undefined ? undefined : inbox.find(data);
  }
};

function notFound(reply: FastifyReply) {
  return reply.code(404).send({
    status: 'refused',
    reason: 'no_such_delivery',
    hint: '`precall deliveries list` tells which there are.',
  });
}

function refuse(reply: FastifyReply, { issues }: z.ZodError) {
  const hint = issues.map(({ path, message }) => [...path, message].join(': ')).join('; ');
  return reply.code(400).send({ status: 'refused', reason: 'bad_request', hint });
}
