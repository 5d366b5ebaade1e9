import { OperatorError } from '../../operator-error.ts';
import { postWebhook } from '../sample-booking.ts';

/** What a webhook was answered. */
export interface Answer {
  status: number;
  /** Empty if it was no JSON object. */
  body: Record<string, unknown>;
  /** Of the run it started or found. */
  workflowId: string | undefined;
}

/** The webhook of the server under test. */
export interface Webhook {
  /** @throws {OperatorError} when nobody answers, or the signature is refused: then no case means anything. */
  post(body: unknown): Promise<Answer>;
  /** The runs it has reported so far, each once. */
  workflowIds: ReadonlySet<string>;
}

export function createWebhook(url: string, secret: string | undefined): Webhook {
  const workflowIds = new Set<string>();
  return {
    workflowIds,
    async post(content) {
      const { status, answer: body } = await postWebhook(url, secret, content).catch((error: unknown) => {
        throw whyNoAnswer(url, error);
      });
      if (status === 401) throw new OperatorError(WRONG_SECRET);
      const workflowId = typeof body['workflowId'] === 'string' ? body['workflowId'] : undefined;
      if (workflowId) workflowIds.add(workflowId);
      return { status, body, workflowId };
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
