import { type Check, checksOf } from '../check.ts';
import { checkSkew, type ToldTime } from '../clock-skew.ts';
import { CalcomRefused, CalcomUnavailable } from './api.ts';
import { type Asking, createAsk } from './ask-api.ts';
import { type Fields, fieldsOf } from './fields.ts';

const check = checksOf('calcom');

export interface CalcomCheckOptions {
  apiKey: string;
  baseUrl: string;
  /** How the outside reaches the server, if that is known. */
  publicUrl?: string | undefined;
  patienceMs?: number;
}

/** Where the server takes webhooks. */
const WEBHOOK_PATH = '/webhook/calcom-booking';

/** Without these a call is not heard of, or is reminded of although it has moved or is off. */
const NEEDED = ['BOOKING_CREATED', 'BOOKING_RESCHEDULED', 'BOOKING_CANCELLED'];
/** Without these a call that waits to be accepted, or to be paid, is dealt with late or not at all. */
const WANTED = ['BOOKING_REQUESTED', 'BOOKING_REJECTED', 'BOOKING_PAID'];
/** Not offered everywhere. */
const WELCOME = ['BOOKING_LOCATION_UPDATED', 'BOOKING_REASSIGNED', 'BOOKING_NO_SHOW_UPDATED', 'MEETING_ENDED'];

const WHERE = 'in Cal.com, Settings → Developer → Webhooks';

interface Webhook {
  url: string;
  isActive: boolean;
  triggers: readonly string[];
  hasTemplate: boolean;
}

/** Asks Cal.com whether it takes the API key, which webhooks of the key's account come to us, and what time it is. */
export async function checkCalcom({
  apiKey,
  baseUrl,
  publicUrl,
  patienceMs = 4_000,
}: CalcomCheckOptions): Promise<Check[]> {
  let clock: Check | undefined;
  const onAnswer = (told: ToldTime) => {
    clock ??= checkSkew('Cal.com', told);
  };
  const { ask } = createAsk({ apiKey, baseUrl, patienceMs, onAnswer });
  const key = await checkKey(ask, baseUrl);
  const webhooks = key.verdict === 'ok' ? await checkWebhooks(ask, publicUrl) : [];
  return [key, ...webhooks, ...(clock ? [clock] : [])];
}

async function checkKey(ask: Asking['ask'], baseUrl: string): Promise<Check> {
  try {
    const answer = await ask('/v2/me');
    return answer
      ? check('API key', 'ok', `${baseUrl} takes it.`)
      : check(
          'API key',
          'error',
          `${baseUrl} knows no account for it: is CALCOM_BASE_URL the API of the right Cal.com?`,
        );
  } catch (error) {
    return check('API key', 'error', wordsFor(error));
  }
}

async function checkWebhooks(ask: Asking['ask'], publicUrl: string | undefined): Promise<Check[]> {
  let webhooks: Webhook[];
  try {
    webhooks = readWebhooks(await ask('/v2/webhooks?take=250'));
  } catch (error) {
    if (error instanceof CalcomRefused) {
      return [check('webhook', 'warning', `The API key may not list webhooks: look at them ${WHERE}.`)];
    }
    return [check('webhook', 'error', wordsFor(error))];
  }
  const ours = webhooks.filter(({ url }) => isOurs(url, publicUrl));
  if (ours.length === 0) return [check('webhook', 'warning', noneWords(webhooks, publicUrl))];

  const active = ours.filter(({ isActive }) => isActive);
  if (active.length === 0) {
    return [check('webhook', 'error', `The webhook is switched off: switch it on ${WHERE}.`)];
  }
  return [
    active.some(({ hasTemplate }) => hasTemplate)
      ? check('webhook', 'error', `It has a custom payload template, which cannot be read: turn it off ${WHERE}.`)
      : check('webhook', 'ok', 'Cal.com sends the bookings of this account to a Precall server.'),
    triggerCheck(new Set(active.flatMap(({ triggers }) => triggers))),
  ];
}

function readWebhooks(answer: Fields | undefined): Webhook[] {
  const data = answer?.['data'];
  if (!Array.isArray(data)) throw new CalcomUnavailable('answered with something that is not a list of webhooks');
  return data.flatMap((entry) => {
    const { subscriberUrl, active, triggers, payloadTemplate } = fieldsOf(entry) ?? {};
    if (typeof subscriberUrl !== 'string') return [];
    return {
      url: subscriberUrl,
      isActive: active === true,
      triggers: Array.isArray(triggers) ? triggers.map(String) : [],
      hasTemplate: typeof payloadTemplate === 'string' && payloadTemplate.trim() !== '',
    };
  });
}

function isOurs(url: string, publicUrl: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { host, pathname } = new URL(url);
  const isSameHost = publicUrl === undefined || new URL(publicUrl).host === host;
  return isSameHost && pathname.replace(/\/+$/, '').endsWith(WEBHOOK_PATH);
}

function noneWords(webhooks: readonly Webhook[], publicUrl: string | undefined): string {
  const elsewhere = webhooks.some(({ url }) => isOurs(url, undefined))
    ? ' One goes to another host than PUBLIC_URL says.'
    : '';
  return (
    `No webhook of this account goes to ${publicUrl ?? 'https://<your host>'}${WEBHOOK_PATH}: make one ${WHERE}.${elsewhere} ` +
    'One of a team or of an event type is not seen from here: then all is well if webhooks arrive.'
  );
}

function triggerCheck(triggers: ReadonlySet<string>): Check {
  const lacking = (wanted: readonly string[]) => wanted.filter((trigger) => !triggers.has(trigger));
  const [needed, wanted, welcome] = [lacking(NEEDED), lacking(WANTED), lacking(WELCOME)];
  if (needed.length + wanted.length > 0) {
    const verdict = needed.length > 0 ? 'error' : 'warning';
    return check('triggers', verdict, `The webhook lacks ${[...needed, ...wanted].join(', ')}: tick them ${WHERE}.`);
  }
  const more = welcome.length > 0 ? ` Tick these too where Cal.com offers them: ${welcome.join(', ')}.` : '';
  return check('triggers', 'ok', `The webhook has all that are needed.${more}`);
}

function wordsFor(error: unknown): string {
  if (error instanceof CalcomRefused) return `${error.message}.`;
  if (error instanceof CalcomUnavailable) return `${error.message}: try again, or check CALCOM_BASE_URL.`;
  throw error;
}
