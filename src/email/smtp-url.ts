import { isLoopback } from '../loopback.ts';
import { OperatorError } from '../operator-error.ts';

/** Where mails are handed over, and how well the way there is protected. */
export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps://`). */
  secure: boolean;
  /** Not without STARTTLS. */
  requireTLS: boolean;
  auth?: { user: string; pass: string };
  /** Set to accept a certificate that nobody vouches for. */
  tls?: { rejectUnauthorized: false };
}

/**
 * Reads `SMTP_URL`: `smtp://user:password@host:port` or `smtps://…`, percent-encoded where needed.
 *
 * Over `smtp://` a server elsewhere must offer STARTTLS, because login and mail would else travel in clear text, also when
 * somebody on the way strips the offer. `?requireTLS=false` does without; `?tls.rejectUnauthorized=false` accepts a
 * self-signed certificate.
 *
 * @throws {OperatorError} naming what cannot be understood, never the URL, which holds a password.
 */
export function parseSmtpUrl(smtpUrl: string): SmtpServer {
  if (!URL.canParse(smtpUrl)) throw new OperatorError('SMTP_URL is not a URL');
  const { protocol, hostname, port, username, password, searchParams } = new URL(smtpUrl);
  if (protocol !== 'smtp:' && protocol !== 'smtps:')
    throw new OperatorError('SMTP_URL must begin with smtp:// or smtps://');
  if (!hostname) throw new OperatorError('SMTP_URL names no host');

  const unknown = [...searchParams.keys()].filter((name) => name !== 'requireTLS' && name !== 'tls.rejectUnauthorized');
  if (unknown.length > 0) {
    throw new OperatorError(
      `SMTP_URL has unknown options (${unknown.join(', ')}); it knows requireTLS, tls.rejectUnauthorized`,
    );
  }

  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port ? Number(port) : secure ? 465 : 587,
    secure,
    requireTLS: !secure && (flag(searchParams, 'requireTLS') ?? !isLoopback(hostname)),
    ...(username && { auth: { user: decoded(username), pass: decoded(password) } }),
    ...(flag(searchParams, 'tls.rejectUnauthorized') === false && { tls: { rejectUnauthorized: false as const } }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new OperatorError('SMTP_URL: user or password is not percent-encoded (% is %25)');
  }
}

function flag(options: URLSearchParams, name: string): boolean | undefined {
  const value = options.get(name);
  if (value === null) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new OperatorError(`SMTP_URL: ${name} must be true or false`);
}
