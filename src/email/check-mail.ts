import { createTransport, type NodemailerError } from 'nodemailer';
import { type Check, checksOf } from '../check.ts';
import type { Mailbox } from './mailbox.ts';
import { sendTestMail } from './send-test-mail.ts';
import { createSmtpTransport, reasonOf } from './smtp-transport.ts';
import { parseSmtpUrl, type SmtpServer } from './smtp-url.ts';

const check = checksOf('mail');

export interface MailCheckOptions {
  /** See {@link parseSmtpUrl}. */
  smtpUrl: string;
  from: Mailbox;
  /** Gets a test mail. */
  sendTo?: Mailbox | undefined;
  /** Until the mail server has answered each question. */
  patienceMs?: number;
}

/** Connects to the mail server, secures the connection and logs in, as reminders do; sends nothing but the test mail that is asked for. */
export async function checkMail({ smtpUrl, from, sendTo, patienceMs = 8_000 }: MailCheckOptions): Promise<Check[]> {
  let server: SmtpServer;
  try {
    server = parseSmtpUrl(smtpUrl);
  } catch (error) {
    return [check('settings', 'error', `${(error as Error).message}.`)];
  }
  const connection = await checkConnection(server, patienceMs);
  if (!sendTo || connection.some(({ verdict }) => verdict === 'error')) return connection;
  const timeouts = { connectMs: patienceMs, answerMs: patienceMs, mailMs: patienceMs };
  const transport = createSmtpTransport({ smtpUrl, from, maxConnections: 1, timeouts });
  return [...connection, await sendTestMail(transport, { from, to: sendTo })];
}

async function checkConnection(server: SmtpServer, patienceMs: number): Promise<Check[]> {
  const transport = createTransport({
    ...server,
    connectionTimeout: patienceMs,
    greetingTimeout: patienceMs,
    socketTimeout: patienceMs,
    logger: false,
  });
  const at = `${server.host}:${server.port}`;
  const connected = check('connection', 'ok', `The mail server answers at ${at}, ${protectionOf(server)}.`);
  try {
    await transport.verify();
    const login = server.auth
      ? 'It takes user and password.'
      : 'SMTP_URL names no user: mails are handed over without a login.';
    return [connected, check('login', 'ok', login)];
  } catch (error) {
    const reason = reasonOf(error as NodemailerError);
    if (reason.startsWith('login refused')) {
      return [
        connected,
        check(
          'login',
          'error',
          `${capitalized(reason)}: check user and password in SMTP_URL, percent-encoded where needed.`,
        ),
      ];
    }
    return [check('connection', 'error', `${at}: ${reason}. ${adviceFor(reason, server)}`)];
  } finally {
    transport.close();
  }
}

function protectionOf({ secure, requireTLS, tls }: SmtpServer): string {
  const unchecked = tls ? ', its certificate unchecked as SMTP_URL says' : '';
  if (secure) return `secured from the first byte${unchecked}`;
  return requireTLS ? `secured by STARTTLS${unchecked}` : 'secured only if it offers STARTTLS';
}

function adviceFor(reason: string, { secure }: SmtpServer): string {
  if (reason.includes('certificate')) {
    return 'Its certificate has expired, is for another name, or nobody vouches for it: use the name on the certificate, or add ?tls.rejectUnauthorized=false for one of your own.';
  }
  if (reason.startsWith('no secure connection')) {
    return 'It offers no STARTTLS: use smtps:// with the port for TLS (465).';
  }
  if (reason === 'host not found') return 'Check the host in SMTP_URL.';
  if (reason.startsWith('answer'))
    return 'The mail server is there and does not want to talk to us: ask whoever runs it.';
  const other = secure ? 'smtp:// and port 587' : 'smtps:// and port 465';
  return `Check host and port in SMTP_URL, and whether a firewall lets mail out; else try ${other}.`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
