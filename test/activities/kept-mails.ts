import type { MailClaim, MailKey, Mails } from '../../src/store/mails.ts';

interface Row {
  token: string;
  mail: Buffer;
  /** Attempts that were on the wire, without those of which it is certain that nobody took the mail. */
  attempts: number;
  end?: Extract<MailClaim, { state: 'sent' | 'failed' }>;
}

/** The mails' rows as {@link Mails} describes them, in memory. `log` holds the changes, in their order. */
export interface KeptMails extends Mails {
  log: string[];
  keys: MailKey[];
}

export function createKeptMails(): KeptMails {
  const rows = new Map<string, Row>();
  const log: string[] = [];
  const keys: MailKey[] = [];
  let claims = 0;

  const ofToken = (token: string) => [...rows.values()].find((row) => row.token === token);

  return {
    log,
    keys,

    async claim(key, { content }): Promise<MailClaim> {
      const name = JSON.stringify([key.booking.uid, key.booking.seat, key.startsAt, key.step, key.recipient]);
      const row = rows.get(name) ?? { token: '', mail: content, attempts: 0 };
      rows.set(name, row);
      keys.push(key);
      if (row.end) return row.end;
      if (row.attempts > 1) return { state: 'uncertain' };

      claims += 1;
      row.token = `claim ${claims}`;
      if (row.attempts === 0) row.mail = content;
      log.push('claimed');
      return { state: row.attempts === 0 ? 'free' : 'ambiguous', token: row.token, mail: row.mail };
    },

    isLeftToTwin: async () => false,

    async startSending(token) {
      const row = ofToken(token);
      if (row) row.attempts += 1;
      if (row) log.push('sending');
      return Boolean(row);
    },

    async markSent(token, sentAt) {
      const row = ofToken(token);
      if (row) row.end = { state: 'sent', sentAt, possibleDuplicate: row.attempts > 1 };
      log.push('sent');
    },

    async release(token, error) {
      const row = ofToken(token);
      if (row) row.attempts -= 1;
      log.push(`released: ${error}`);
    },

    async markFailed(token, reason) {
      const row = ofToken(token);
      if (row) row.end = { state: 'failed', reason };
      log.push(`failed: ${reason}`);
    },

    async markSkipped(_token, reason) {
      log.push(`skipped: ${reason}`);
    },
  };
}
