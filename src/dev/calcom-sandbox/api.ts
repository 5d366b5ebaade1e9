import { z } from 'zod';
import { type Answer, ApiError, answerOf, answerOfError, badRequest, notFound } from './answers.ts';
import { paginationOf, readListQuery, runListQuery } from './list-query.ts';
import { apiBookingOf } from './objects.ts';
import type { Operations } from './operations.ts';
import type { World } from './world.ts';

const VERSION = '2024-08-13';
const ACCOUNT = { id: 1, username: 'sandbox', email: 'sandbox@example.com', timeZone: 'UTC' };

export interface ApiRequest {
  method: string;
  url: URL;
  headers: Record<string, string | string[] | undefined>;
  /** Of a POST: its JSON; undefined if it was none. */
  body?: unknown;
}

/** A webhook as its account has set it up. */
export interface ApiWebhook {
  subscriberUrl: string;
  active: boolean;
  triggers: readonly string[];
  payloadTemplate: string | null;
}

/** The webhook of somebody who has ticked all that concerns bookings. */
export function webhookTo(serverUrl: string): ApiWebhook {
  return {
    subscriberUrl: `${serverUrl}/webhook/calcom-booking`,
    active: true,
    triggers: [
      'BOOKING_CREATED',
      'BOOKING_RESCHEDULED',
      'BOOKING_CANCELLED',
      'BOOKING_REQUESTED',
      'BOOKING_REJECTED',
      'BOOKING_PAID',
      'BOOKING_LOCATION_UPDATED',
      'BOOKING_REASSIGNED',
      'BOOKING_NO_SHOW_UPDATED',
      'MEETING_ENDED',
    ],
    payloadTemplate: null,
  };
}

/**
 * Cal.com's API, version 2, for the calls we make, over bookings in memory. It is stricter than Cal.com, which answers in an
 * older shape when the version is missing: here that is an error, and so is a path or a parameter that it does not model.
 */
export function createApi(
  world: World,
  apiKey: string,
  operations: Pick<Operations, 'cancel'>,
  webhooks: () => readonly ApiWebhook[] = () => [],
): (request: ApiRequest) => Promise<Answer> {
  return async ({ method, url, headers, body }) => {
    try {
      if (headers.authorization !== `Bearer ${apiKey}`) {
        throw new ApiError(401, 'UnauthorizedException', 'Invalid API Key.');
      }
      if (headers['cal-api-version'] !== VERSION) throw badRequest(`cal-api-version must be ${VERSION}.`);
      if (method === 'GET' && url.pathname === '/v2/me') return answerOf({ data: ACCOUNT });
      if (method === 'GET' && url.pathname === '/v2/webhooks') {
        return answerOf({ data: webhooks().map((webhook, index) => ({ id: `${index + 1}`, ...webhook })) });
      }
      if (method === 'GET' && url.pathname === '/v2/bookings') return list(world, url.searchParams);

      const [, uid] = /^\/v2\/bookings\/([^/]+)$/.exec(url.pathname) ?? [];
      if (method === 'GET' && uid) return find(world, decodeURIComponent(uid), url.searchParams);
      const [, off] = /^\/v2\/bookings\/([^/]+)\/cancel$/.exec(url.pathname) ?? [];
      if (method === 'POST' && off) return await cancel(operations, decodeURIComponent(off), body);
      throw notFound(`Cannot ${method} ${url.pathname}`);
    } catch (error) {
      if (error instanceof ApiError) return answerOfError(error);
      throw error;
    }
  };
}

function list(world: World, parameters: URLSearchParams): Answer {
  const query = readListQuery(parameters);
  const { page, total } = runListQuery(world, query);
  return answerOf({ data: page.map(apiBookingOf), pagination: paginationOf(query, total) });
}

function find(world: World, uid: string, parameters: URLSearchParams): Answer {
  if (parameters.size > 0) throw badRequest(`property ${[...parameters.keys()].join(', ')} should not exist`);
  const booking = world.get(uid);
  if (booking) return answerOf({ data: apiBookingOf(booking) });

  const series = [...world.values()].filter(({ recurringBookingUid }) => recurringBookingUid === uid);
  if (series.length === 0) throw notFound(`Booking with uid=${uid} was not found in the database`);
  return answerOf({ data: series.map(apiBookingOf) });
}

const CancelBody = z.strictObject({
  cancellationReason: z.string({ error: 'Cancellation reason is required when you are the host' }).min(1),
});

/** As the host, whose key it is. */
async function cancel(operations: Pick<Operations, 'cancel'>, uid: string, body: unknown): Promise<Answer> {
  const { data, error } = CancelBody.safeParse(body ?? {});
  if (error) throw badRequest(error.issues.map(({ message }) => message).join(', '));
  const { booking } = await operations.cancel(uid, { reason: data.cancellationReason, by: 'host' });
  return answerOf({ data: apiBookingOf(booking) });
}
