import { createHash, createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleBookingCreated } from '../src/dev/sample-booking.ts';
import type { News, PostedWebhook, Version } from './evidence.ts';
import type { Random } from './random.ts';

export interface StreamOptions {
  url: string;
  secret: string;
  perSecond: number;
  /** How long after it is booked a call starts, milliseconds. */
  startsIn: { from: number; to: number };
  /** Every so many bookings, the booker has a row in Notion, which this makes. */
  contactEvery: number;
  addContact: (person: { name: string; email: string }) => void;
  random: Random;
  /** Once it aborts, nothing is posted any more, not even again. */
  signal: AbortSignal;
}

/** A steady stream of webhooks: bookings, and of those some called off, some moved, and some bodies sent once more. */
export interface WebhookStream {
  webhooks: readonly PostedWebhook[];
  versions: readonly Version[];
  /** Ends it, and waits for what is being posted. */
  stop(): Promise<void>;
}

/** The last name of everybody who books, so that it can be looked for. */
export const FAMILY_NAME = 'Quillfeather';

type MutableWebhook = PostedWebhook & { answers: { at: number; status?: number }[] };
type Body = ReturnType<typeof sampleBookingCreated>;

interface LiveBooking extends Version {
  name: string;
}

/** A sender that hears nothing asks again, for as long as this. */
const GIVES_UP_AFTER_MS = 60_000;
const ANSWER_LIMIT_MS = 10_000;
const ASKS_AGAIN_AFTER_MS = 250;
const CALL_LENGTH_MS = 1_000;
/** A call about to start is not called off: its run may be over first. */
const LEAVES_ALONE_MS = 6_000;

export function startStream(options: StreamOptions): WebhookStream {
  const { url, secret, perSecond, startsIn, contactEvery, addContact, random, signal } = options;
  const webhooks: MutableWebhook[] = [];
  const versions: Version[] = [];
  const sentBodies: { text: string; says: News }[] = [];
  const underWay = new Set<Promise<void>>();
  const timer = setInterval(next, 1_000 / perSecond);
  let live: LiveBooking[] = [];
  let count = 0;

  function next() {
    const now = Date.now();
    live = live.filter(({ startsAt }) => Date.parse(startsAt) > now + LEAVES_ALONE_MS);
    const dice = random.between(0, 1);
    const [booking, sent] = [random.oneOf(live), random.oneOf(sentBodies)];
    if (dice < 0.12 && booking) callOff(booking);
    else if (dice < 0.22 && booking) move(booking);
    else if (dice < 0.3 && sent) send(sent.text, sent.says);
    else book();
  }

  function book() {
    const person = { name: `Booker-${count} ${FAMILY_NAME}`, email: `booker-${count}@faults.example` };
    if (count % contactEvery === 0) addContact(person);
    const booking = versionFor(person.email);
    const body = bodyFor(booking, person.name);
    send(JSON.stringify(body), { kind: 'booked', ...booking }, { ...booking, name: person.name });
  }

  function move(old: LiveBooking) {
    live = live.filter((booking) => booking !== old);
    const booking = versionFor(old.recipient);
    const { payload, ...envelope } = bodyFor(booking, old.name);
    const body = {
      ...envelope,
      triggerEvent: 'BOOKING_RESCHEDULED',
      payload: { ...payload, rescheduleUid: old.uid, rescheduleStartTime: old.startsAt },
    };
    const says: News = { kind: 'moved', replacedUid: old.uid, ...booking };
    send(JSON.stringify(body), says, { ...booking, name: old.name });
  }

  function callOff(booking: LiveBooking) {
    live = live.filter((other) => other !== booking);
    const { payload, ...envelope } = bodyFor(booking, booking.name);
    const body = {
      ...envelope,
      triggerEvent: 'BOOKING_CANCELLED',
      payload: { ...payload, status: 'CANCELLED', requestReschedule: false },
    };
    send(JSON.stringify(body), { kind: 'cancelled', uid: booking.uid });
  }

  function versionFor(recipient: string): Version {
    count += 1;
    const startsAt = new Date(Date.now() + Math.round(random.between(startsIn.from, startsIn.to))).toISOString();
    const version = { uid: `faults-${count}`, startsAt, recipient };
    versions.push(version);
    return version;
  }

  /** @param becomesLive what may be called off or moved once it is acknowledged. */
  function send(text: string, says: News, becomesLive?: LiveBooking) {
    const webhook: MutableWebhook = { bodyHash: createHash('sha256').update(text).digest('hex'), says, answers: [] };
    webhooks.push(webhook);
    const sending = post(text, webhook)
      .then((isAcknowledged) => {
        if (!isAcknowledged) return;
        sentBodies.push({ text, says });
        if (becomesLive) live.push(becomesLive);
      })
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  }

  /** @returns whether it was acknowledged. */
  async function post(text: string, { answers }: MutableWebhook): Promise<boolean> {
    const signature = createHmac('sha256', secret).update(text).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-cal-signature-256': signature };
    for (const deadline = Date.now() + GIVES_UP_AFTER_MS; Date.now() < deadline && !signal.aborted; ) {
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
        const { status, ok } = await fetch(url, { method: 'POST', headers, body: text, signal: limit });
        answers.push({ at: Date.now(), status });
        if (ok) return true;
      } catch {
        answers.push({ at: Date.now() });
      }
      await sleep(ASKS_AGAIN_AFTER_MS);
    }
    return false;
  }

  return {
    webhooks,
    versions,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

function bodyFor({ uid, startsAt, recipient }: Version, name: string): Body {
  return sampleBookingCreated({
    uid,
    startsAt: new Date(startsAt),
    lengthMs: CALL_LENGTH_MS,
    attendee: { name, email: recipient },
  });
}
