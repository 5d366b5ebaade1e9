import PostalMime from 'postal-mime';

/** A mail as it arrived. */
export interface CaughtMail {
  /** Counts up from 1. */
  id: string;
  /** When its last byte arrived: ISO 8601, UTC, milliseconds. */
  receivedAt: string;
  /** The same instant as epoch milliseconds. */
  receivedAtMs: number;
  /** What the SMTP client said, whatever the headers say. */
  envelope: { from: string; to: string[] };
  /** With angle brackets. */
  messageId: string;
  subject: string;
  text: string;
  html: string;
  /** In the order they arrived, names as spelled, encoded words decoded. */
  headers: { name: string; value: string }[];
  raw: string;
}

/** Reads what came over the wire. A mail that is no proper MIME still shows: as whatever could be made of it. */
export async function readMail(
  raw: Buffer,
  arrival: Pick<CaughtMail, 'id' | 'envelope' | 'receivedAtMs'>,
): Promise<CaughtMail> {
  const { messageId, subject, text, html, headers } = await PostalMime.parse(raw);
  return {
    ...arrival,
    receivedAt: new Date(arrival.receivedAtMs).toISOString(),
    messageId: messageId ?? '',
    subject: subject ?? '',
    text: text ?? '',
    html: html ?? '',
    headers: headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
    raw: raw.toString('utf8'),
  };
}
