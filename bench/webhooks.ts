import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { sampleBookingCreated } from '../src/dev/sample-booking.ts';

/** Where webhooks go, and what they are signed with. */
export interface WebhookTarget {
  url: string;
  webhookSecret: string;
}

const PLACEHOLDER = 'the-uid-of-the-booking';

/**
 * Posts webhooks as Cal.com does, at as little cost of its own as can be: it shares the processors with what it measures. They
 * differ in their uid and their booker: what is said of one person in Notion, is said by one booking after the other.
 *
 * @param startsAt of all their calls.
 */
export function createSender(startsAt: Date) {
  const attendee = { name: 'Bench Attendee', email: `${PLACEHOLDER}@example.com` };
  const template = JSON.stringify(sampleBookingCreated({ uid: PLACEHOLDER, startsAt, attendee }));
  const agent = new Agent({ keepAlive: true });

  return {
    /** @throws {Error} when the answer is not 202, or none comes. */
    async post({ url, webhookSecret }: WebhookTarget, uid: string): Promise<void> {
      const body = template.replaceAll(PLACEHOLDER, uid);
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-cal-signature-256': createHmac('sha256', webhookSecret).update(body).digest('hex'),
        'x-cal-webhook-version': '2021-10-20',
      };
      const status = await new Promise<number | undefined>((resolve, reject) => {
        request(`${url}/webhook/calcom-booking`, { method: 'POST', agent, headers }, (response) => {
          text(response).then(() => resolve(response.statusCode), reject);
        })
          .on('error', reject)
          .end(body);
      });
      if (status !== 202) throw new Error(`A webhook was answered ${status} instead of 202`);
    },
    close: () => agent.destroy(),
  };
}
