import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `header` is the HMAC-SHA256 of `body` under one of the secrets: hex, with or without `sha256=` before it.
 *
 * Cal.com sends the text `no-secret-provided` from a webhook without a secret; that is no signature.
 *
 * @see https://cal.com/docs/developing/guides/automation/webhooks
 */
export function isSignedWith(secrets: readonly string[], body: Buffer, header: string | string[] | undefined): boolean {
  const hex = typeof header === 'string' ? header.trim().replace(/^sha256=/i, '') : '';
  if (!/^[0-9a-f]{64}$/i.test(hex)) return false;

  const signature = Buffer.from(hex, 'hex');
  // Every secret is tried, so that the time taken does not tell which one matched.
  return secrets
    .map((secret) => timingSafeEqual(signature, createHmac('sha256', secret).update(body).digest()))
    .includes(true);
}
