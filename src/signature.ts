import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Which of the secrets `header` is the HMAC-SHA256 of `body` under: hex, with or without `sha256=` before it.
 *
 * Cal.com sends the text `no-secret-provided` from a webhook without a secret; that is no signature.
 *
 * @returns 1 for the first secret; undefined when it fits none.
 * @see https://cal.com/docs/developing/guides/automation/webhooks
 */
export function secretThatSigned(
  secrets: readonly string[],
  body: Buffer,
  header: string | string[] | undefined,
): number | undefined {
  const hex = typeof header === 'string' ? header.trim().replace(/^sha256=/i, '') : '';
  if (!/^[0-9a-f]{64}$/i.test(hex)) return undefined;

  const signature = Buffer.from(hex, 'hex');
  // Every secret is tried, so that the time taken does not tell which one matched.
  const fits = secrets.map((secret) => timingSafeEqual(signature, createHmac('sha256', secret).update(body).digest()));
  return fits.includes(true) ? fits.indexOf(true) + 1 : undefined;
}
