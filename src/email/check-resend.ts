import { type Domain, type ErrorResponse, Resend } from 'resend';
import { type Check, checksOf } from '../check.ts';
import { createLocalPace } from '../local-pace.ts';
import { domainOf, type Mailbox } from './mailbox.ts';
import { createResendTransport } from './resend-transport.ts';
import { sendTestMail } from './send-test-mail.ts';

const check = checksOf('mail');

export interface ResendCheckOptions {
  apiKey: string;
  baseUrl: string;
  from: Mailbox;
  /** Gets a test mail. */
  sendTo?: Mailbox | undefined;
  /** Until Resend has answered each question. */
  patienceMs?: number;
}

/** Asks Resend whether it knows the key, and the sender's domain; sends nothing but the test mail that is asked for. */
export async function checkResend(options: ResendCheckOptions): Promise<Check[]> {
  const { apiKey, baseUrl, from, sendTo, patienceMs = 8_000 } = options;
  const checks = await checkKey({ apiKey, baseUrl, from, patienceMs });
  if (!sendTo || checks.some(({ verdict }) => verdict === 'error')) return checks;

  const pace = createLocalPace({ requestsPerMinute: 60, isEven: true });
  const timeouts = { turnMs: patienceMs, answerMs: patienceMs };
  // What goes wrong is told by the check.
  const log = { error: () => undefined };
  const transport = createResendTransport({ apiKey, baseUrl, from, pace, timeouts, log });
  return [...checks, await sendTestMail(transport, { from, to: sendTo })];
}

async function checkKey({
  apiKey,
  baseUrl,
  from,
  patienceMs,
}: Required<Pick<ResendCheckOptions, 'apiKey' | 'baseUrl' | 'from' | 'patienceMs'>>): Promise<Check[]> {
  const resend = new Resend(apiKey, { baseUrl });
  const { data, error } = await resend.domains.list({ limit: 100 }, { signal: AbortSignal.timeout(patienceMs) });
  if (data) return [check('key', 'ok', 'Resend takes RESEND_API_KEY.'), checkDomain(data.data, domainOf(from))];
  // What another server answers need not look like an error of Resend's.
  return checkRefusal(error ?? {});
}

function checkRefusal({ statusCode, name }: Partial<ErrorResponse>): Check[] {
  if (name === 'restricted_api_key') {
    const unseen =
      'It may only send, so the domain of EMAIL_FROM cannot be looked at: --send-to <address> tells whether mails leave.';
    return [check('key', 'ok', 'Resend takes RESEND_API_KEY.'), check('sender', 'ok', unseen)];
  }
  if (statusCode === 401 || statusCode === 403) {
    const advice = `Resend does not take RESEND_API_KEY (answer ${statusCode}): make a new one at resend.com/api-keys.`;
    return [check('key', 'error', advice)];
  }
  const answer = typeof statusCode === 'number' ? `answers ${statusCode}` : 'does not answer';
  return [check('connection', 'error', `Resend ${answer}: try again, or look at resend-status.com.`)];
}

function checkDomain(domains: readonly Domain[], name: string): Check {
  const domain = domains.find((other) => other.name.toLowerCase() === name.toLowerCase());
  if (!domain) {
    return check(
      'sender',
      'error',
      `Resend does not know ${name}, the domain of EMAIL_FROM: add it at resend.com/domains.`,
    );
  }
  if (domain.status === 'verified' && domain.capabilities?.sending !== 'disabled') {
    return check('sender', 'ok', `The domain of EMAIL_FROM, ${name}, is verified.`);
  }
  const why = domain.status === 'verified' ? 'may not send' : `is not verified (${domain.status})`;
  return check('sender', 'error', `The domain of EMAIL_FROM, ${name}, ${why}: resend.com/domains tells what it lacks.`);
}
