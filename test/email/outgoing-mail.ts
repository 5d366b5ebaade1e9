import type { OutgoingMail } from '../../src/email/mail-transport.ts';

export const FROM = { name: 'Precall', email: 'calls@example.com' };

/** A short mail to Ada; the story fills in what it is about. */
export function anOutgoingMail(facts: Partial<OutgoingMail> = {}): OutgoingMail {
  return {
    to: { name: 'Ada Lovelace', email: 'ada@example.com' },
    messageId: '<0123abcd@example.com>',
    subject: 'Your call tomorrow at 09:00: Café',
    text: 'Hello Ada\n.\nuntil tomorrow\n',
    html: '<p>Hello Ada</p>',
    ...facts,
  };
}

/** @returns what a send has failed with. */
export async function failureOf(sending: Promise<void>): Promise<unknown> {
  const notSent = new Error('It was sent.');
  const failure: unknown = await sending.then(
    () => notSent,
    (error: unknown) => error,
  );
  if (failure === notSent) throw notSent;
  return failure;
}
