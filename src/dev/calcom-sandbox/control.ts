import { z } from 'zod';
import { type Answer, answerOf, badRequest } from './answers.ts';
import type { Operations, Performed } from './operations.ts';

/** Where a person at a terminal has bookings made; Cal.com has no such path. */
export const CONTROL_PATH = '/sandbox/operations';

const Instant = z.iso.datetime().transform((text) => new Date(text));
const silent = z.boolean().default(false);

const Operation = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('book'),
    startsAt: Instant,
    attendee: z.strictObject({ name: z.string().min(1), email: z.email() }),
    silent,
  }),
  z.strictObject({ operation: z.literal('move'), uid: z.string(), startsAt: Instant, silent }),
  z.strictObject({ operation: z.literal('cancel'), uid: z.string(), silent }),
]);

/** What the sandbox is asked for over HTTP. */
export type Operation = z.input<typeof Operation>;

/** The booking that came of it, and what became of each webhook: an absent status means that nobody answered. */
export interface OperationResult {
  uid: string;
  startsAt: string;
  webhooks: { trigger: string; status?: number }[];
}

/** @throws {ApiError} when it cannot be done. */
export async function performOperation(operations: Operations, request: unknown): Promise<Answer> {
  const { data, error } = Operation.safeParse(request);
  if (!data) throw badRequest(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', '));

  const { booking, webhooks } = await perform(operations, data);
  const result: OperationResult = {
    uid: booking.uid,
    startsAt: new Date(booking.startsAt).toISOString(),
    webhooks: webhooks.map(({ trigger, status }) => ({ trigger, ...(status !== undefined && { status }) })),
  };
  return answerOf({ data: result });
}

function perform(operations: Operations, order: z.output<typeof Operation>): Promise<Performed> {
  const how = { silent: order.silent };
  if (order.operation === 'book') return operations.book(order, how);
  if (order.operation === 'move') return operations.move(order.uid, order, how);
  return operations.cancel(order.uid, how);
}
