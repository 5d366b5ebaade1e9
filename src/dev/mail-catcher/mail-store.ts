import type { CaughtMail } from './caught-mail.ts';

/** The newest mails, in memory: a catcher that runs for weeks must not grow for ever. */
export interface MailStore {
  add(mail: CaughtMail): void;
  /** In the order they arrived. */
  all(): CaughtMail[];
  find(id: string): CaughtMail | undefined;
  /** @returns a function that ends it. */
  onMail(listener: (mail: CaughtMail) => void): () => void;
}

export function createMailStore({ limit }: { limit: number }): MailStore {
  const mails = new Map<string, CaughtMail>();
  const listeners = new Set<(mail: CaughtMail) => void>();

  return {
    add(mail) {
      mails.set(mail.id, mail);
      const [oldest] = mails.keys();
      if (mails.size > limit && oldest) mails.delete(oldest);
      for (const listener of listeners) listener(mail);
    },
    all: () => [...mails.values()],
    find: (id) => mails.get(id),
    onMail(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
