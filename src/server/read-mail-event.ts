import { z } from 'zod';
import { isOneAddress } from '../address.ts';
import { parseMailbox } from '../email/mailbox.ts';
import { MAIL_TAG } from '../email/resend-transport.ts';
import type { MailEvent } from '../store/mail-events.ts';

/** What an event says, before it is known whether it was told before. */
export type ToldMailEvent = Omit<MailEvent, 'id' | 'person'>;

/** What reading the body of an event has made of it. */
export type MailEventReading =
  | { verdict: 'event'; event: ToldMailEvent }
  /** It is about nothing that we have to know. */
  | { verdict: 'ignored'; reason: 'other_event' | 'several_recipients' }
  /** Each fault with its field; nothing of what stood there. */
  | { verdict: 'rejected'; faults: string[] };

const Address = z.string({ error: 'expected an address' }).refine(isOneAddress, { error: 'expected one address' });
const Instant = z.iso
  .datetime({ offset: true, error: 'expected an instant such as 2026-12-03T15:00:00Z' })
  .transform((text) => new Date(text).toISOString());
/** An event without a time that makes sense is one all the same: it counts from now on. */
const TheirInstant = z.string().transform((text) => {
  const at = new Date(text);
  return (Number.isNaN(at.getTime()) ? new Date() : at).toISOString();
});
const MessageId = z.string().min(1).max(998);

const PlainEvent = z.object({
  type: z.enum(['hard_bounce', 'soft_bounce', 'complaint'], {
    error: 'expected hard_bounce, soft_bounce or complaint',
  }),
  recipient: Address,
  messageId: MessageId.optional(),
  at: Instant,
});

const ResendEvent = z.object({
  type: z.enum(['email.bounced', 'email.complained', 'email.suppressed']),
  created_at: TheirInstant,
  data: z.object({
    to: z.array(z.string()).min(1),
    message_id: MessageId.optional().catch(undefined),
    tags: z.record(z.string(), z.string()).optional().catch(undefined),
    bounce: z.object({ type: z.string().optional() }).optional().catch(undefined),
  }),
});

/** The plain shape: `{ type, recipient, messageId?, at }`. */
export function readPlainEvent(body: Buffer): MailEventReading {
  const { data, error } = PlainEvent.safeParse(parsed(body));
  if (error) return rejected(error);
  const { recipient, messageId, ...event } = data;
  return { verdict: 'event', event: { ...event, address: recipient, ...(messageId !== undefined && { messageId }) } };
}

/**
 * An event as Resend tells it.
 *
 * @see https://resend.com/docs/webhooks/emails/bounced
 */
export function readResendEvent(body: Buffer): MailEventReading {
  const told = parsed(body);
  const { data: kind } = z.object({ type: z.string() }).safeParse(told);
  if (kind && !ResendEvent.shape.type.safeParse(kind.type).success)
    return { verdict: 'ignored', reason: 'other_event' };

  const { data: event, error } = ResendEvent.safeParse(told);
  if (error) return rejected(error);
  const { data, created_at: at } = event;
  // A mail of ours has one recipient. Of one that another program has sent with the same account nobody tells who was meant.
  const [address, ...others] = data.to.map((to) => parseMailbox(to).email);
  if (others.length > 0 || !isOneAddress(address!)) return { verdict: 'ignored', reason: 'several_recipients' };
  // Its tag is a mail's surest name: where Resend hands the mail on, it may get another Message-ID.
  const messageId = data.tags?.[MAIL_TAG] ?? data.message_id;
  return {
    verdict: 'event',
    event: { type: typeOf(event), address: address!, at, ...(messageId !== undefined && { messageId }) },
  };
}

/** What Resend does not send because the address is on its own list has bounced or been complained about before. */
function typeOf({ type, data }: z.infer<typeof ResendEvent>): ToldMailEvent['type'] {
  if (type === 'email.complained') return 'complaint';
  if (type === 'email.suppressed') return 'hard_bounce';
  return (data.bounce?.type ?? 'Permanent') === 'Permanent' ? 'hard_bounce' : 'soft_bounce';
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function rejected({ issues }: z.ZodError): MailEventReading {
  return {
    verdict: 'rejected',
    faults: issues.map(({ path, message }) => [...(path.length > 0 ? [path.join('.')] : []), message].join(': ')),
  };
}
