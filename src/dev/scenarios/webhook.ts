import { OperatorError } from '../../operator-error.ts';
import { postWebhook, type sampleBookingCreated } from '../sample-booking.ts';

export type BookingCreated = ReturnType<typeof sampleBookingCreated>;

/** What a webhook was answered. */
export interface Answer {
  status: number;
  /** Empty if it was no JSON object. */
  body: Record<string, unknown>;
  /** Of the run that looks after the booking. */
  workflowId: string | undefined;
}

/** The webhook of the server under test. */
export interface Webhook {
  /** @throws {OperatorError} when nobody answers, or the signature is refused: then no case means anything. */
  post(body: unknown): Promise<Answer>;
  /** Posts a booking, and remembers it if it is accepted. */
  book(booking: BookingCreated): Promise<Answer>;
  /** What it has accepted. */
  booked: readonly BookingCreated[];
}

export function createWebhook(url: string, secret: string | undefined): Webhook {
  const booked: BookingCreated[] = [];
  const post = async (content: unknown): Promise<Answer> => {
    const { status, answer: body } = await postWebhook(url, secret, content).catch((error: unknown) => {
      throw whyNoAnswer(url, error);
    });
    if (status === 401) throw new OperatorError(WRONG_SECRET);
    return { status, body, workflowId: typeof body['workflowId'] === 'string' ? body['workflowId'] : undefined };
  };
  return {
    post,
    booked,
    async book(booking) {
      const answer = await post(booking);
      if (answer.status === 202) booked.push(booking);
      return answer;
    },
  };
}

const WRONG_SECRET = `The server refuses the signature: give it the secret that the server was started with.
It is what CALCOM_WEBHOOK_SECRET says there (--secret). If npm start was run without that setting, it is in the file
webhook-secret of the data folder: --secret-file .precall/webhook-secret`;

function whyNoAnswer(url: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'TimeoutError') return new OperatorError(`The server at ${url} takes too long to answer.`);
  return error.message === 'fetch failed'
    ? new OperatorError(`Nobody answers at ${url}: start Precall (npm start), or say with --url where it listens.`)
    : error;
}
