import type { AddressInfo } from 'node:net';
import type { CaughtMail } from './caught-mail.ts';
import { createMailStore } from './mail-store.ts';
import { buildPages } from './pages.ts';
import { type SmtpSink, startSmtpSink } from './smtp-sink.ts';

/** Stands in for a mail server: takes every mail, delivers none, and shows them on a page. */
export interface MailCatcher extends Pick<SmtpSink, 'failNext'> {
  /** What to set `SMTP_URL` to. */
  smtpUrl: string;
  pageUrl: string;
  /** In the order they arrived. The oldest are forgotten after some two thousand. */
  mails(): CaughtMail[];
  /** @returns a function that ends it. */
  onMail(listener: (mail: CaughtMail) => void): () => void;
  /** Ends at once, clients in the middle of a mail included. */
  stop(): Promise<void>;
}

/** @throws {Error} when a port is taken. Port 0, the default, is any that is free. */
export async function startMailCatcher({
  host = '127.0.0.1',
  smtpPort = 0,
  httpPort = 0,
}: {
  host?: string;
  smtpPort?: number;
  httpPort?: number;
} = {}): Promise<MailCatcher> {
  const store = createMailStore({ limit: 2_000 });
  const sink = await startSmtpSink({ host, port: smtpPort, onMail: store.add });
  const smtpUrl = `smtp://${host}:${sink.port}`;
  const pages = buildPages({ store, smtpUrl });
  try {
    await pages.listen({ host, port: httpPort });
  } catch (error) {
    await sink.stop();
    throw error;
  }

  return {
    smtpUrl,
    pageUrl: `http://${host}:${(pages.server.address() as AddressInfo).port}`,
    mails: store.all,
    onMail: store.onMail,
    failNext: sink.failNext,
    async stop() {
      await Promise.all([sink.stop(), pages.close()]);
    },
  };
}
