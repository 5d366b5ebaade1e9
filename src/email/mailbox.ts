import { domainToASCII } from 'node:url';

/** A person or a sender: `Ada Lovelace <ada@example.com>`. */
export interface Mailbox {
  name: string;
  email: string;
}

/** Reads one address with or without a name, as in `EMAIL_FROM`: `calls@example.com` or `Precall <calls@example.com>`. */
export function parseMailbox(text: string): Mailbox {
  const [, name, email] = /^(.*)<([^<>]*)>\s*$/s.exec(text) ?? [];
  if (email === undefined) return { name: '', email: text.trim() };
  return { name: name!.trim().replace(/^"(.*)"$/, '$1'), email: email.trim() };
}

/** The part after the @, as it is spelled on the wire. */
export function domainOf({ email }: Pick<Mailbox, 'email'>): string {
  const domain = email.slice(email.lastIndexOf('@') + 1);
  return domainToASCII(domain) || domain;
}
