import { createHmac, timingSafeEqual } from 'node:crypto';
import type { BookingKey } from './booking.ts';
import { keyedHash } from './keyed-hash.ts';

/** What a link in a mail is good for: one thing each. */
export type LinkPurpose = 'confirm' | 'cancel' | 'move' | 'calendar' | 'unsubscribe';

/** What a link stands for. It holds no name and no address. */
export interface LinkClaims {
  purpose: LinkPurpose;
  booking: BookingKey;
  /** Whom it was mailed to: their keyed name, see {@link createPersonOf}. */
  person: string;
  /** Of the mail, and so of the page: `en`, `de`, … */
  language: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/** Makes and reads the links in mails. Whoever has one may do what it is good for, and nothing else. */
export interface Links {
  /** @returns `<public URL>/<purpose>/<token>`; the token is base64url. */
  urlOf(claims: LinkClaims): string;
  /**
   * @param now epoch milliseconds.
   * @returns `forged` also for one that was made for another purpose, or with another installation key.
   */
  read(purpose: LinkPurpose, token: string, now: number): LinkClaims | 'forged' | 'expired';
}

/** Far beyond what a uid of a hundred characters makes. */
export const LONGEST_TOKEN = 600;
/** 144 bits, which are 24 letters without a rest. */
const SIGNATURE_BYTES = 18;
const SIGNATURE_LETTERS = 24;

/** The claims beside the purpose, in this order: a name for each would make every link in every mail longer. */
type Written = [uid: string, seat: string | null, person: string, language: string, expiresAt: number];

/** How the outside reaches the server, as far as is known: where nothing is set, from this machine alone. */
export function publicUrlOf({ publicUrl, port }: { publicUrl: string | undefined; port: number }): string {
  return publicUrl ?? `http://localhost:${port}`;
}

/** @param publicUrl how the outside reaches the server. */
export function createLinks({ installationKey, publicUrl }: { installationKey: string; publicUrl: string }): Links {
  const key = keyedHash(installationKey, 'links', [], 64);
  const root = publicUrl.replace(/\/+$/, '');

  const signatureOf = (purpose: LinkPurpose, claims: string) =>
    createHmac('sha256', key).update(`${purpose}.${claims}`).digest().subarray(0, SIGNATURE_BYTES);

  return {
    urlOf({ purpose, booking, person, language, expiresAt }) {
      const written: Written = [booking.uid, booking.seat ?? null, person, language, expiresAt];
      const claims = Buffer.from(JSON.stringify(written)).toString('base64url');
      return `${root}/${purpose}/${claims}${signatureOf(purpose, claims).toString('base64url')}`;
    },

    read(purpose, token, now) {
      if (token.length > LONGEST_TOKEN || !/^[\w-]+$/.test(token)) return 'forged';
      const claims = token.slice(0, -SIGNATURE_LETTERS);
      const signature = Buffer.from(token.slice(-SIGNATURE_LETTERS), 'base64url');
      if (signature.length !== SIGNATURE_BYTES || !timingSafeEqual(signature, signatureOf(purpose, claims))) {
        return 'forged';
      }
      // We have written it: the signature covers these letters.
      const written = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Written;
      const [uid, seat, person, language, expiresAt] = written;
      if (now >= expiresAt) return 'expired';
      return { purpose, booking: { uid, ...(seat !== null && { seat }) }, person, language, expiresAt };
    },
  };
}
