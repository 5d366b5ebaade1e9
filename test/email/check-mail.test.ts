import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import getPort from 'get-port';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { type MailCatcher, startMailCatcher } from '../../src/dev/mail-catcher/mail-catcher.ts';
import { checkMail, type MailCheckOptions } from '../../src/email/check-mail.ts';

const FROM = { name: 'Precall', email: 'calls@example.com' };
const ADA = { name: '', email: 'ada@example.com' };

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

function check(smtpUrl: string, options: Partial<MailCheckOptions> = {}) {
  return checkMail({ smtpUrl, from: FROM, patienceMs: 1_000, ...options });
}

async function aCatcher(): Promise<MailCatcher> {
  const catcher = await startMailCatcher();
  running.push(catcher);
  return catcher;
}

/** One that has a login, and with it a certificate that nobody vouches for. @returns its port. */
async function aMailServer(options: SMTPServerOptions = {}): Promise<number> {
  const server = new SMTPServer({
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) =>
      username === 'precall' && password === 'p@ss' ? done(null, { user: username }) : done(new Error('No such user')),
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  running.push({ stop: () => new Promise((resolve) => server.close(resolve)) });
  return (server.server.address() as AddressInfo).port;
}

describe('the mail server', () => {
  it('is well when it answers', async () => {
    const catcher = await aCatcher();

    expect(await check(catcher.smtpUrl)).toEqual([
      {
        part: 'mail',
        what: 'connection',
        verdict: 'ok',
        message: expect.stringContaining(new URL(catcher.smtpUrl).host),
      },
      expect.objectContaining({ what: 'login', verdict: 'ok', message: expect.stringContaining('names no user') }),
    ]);
    expect(catcher.mails()).toEqual([]);
  });

  it('is well when it takes user and password over STARTTLS', async () => {
    const port = await aMailServer();

    expect(
      await check(`smtp://precall:p%40ss@127.0.0.1:${port}?requireTLS=true&tls.rejectUnauthorized=false`),
    ).toMatchObject([
      { what: 'connection', verdict: 'ok', message: expect.stringMatching(/STARTTLS, its certificate unchecked/) },
      { what: 'login', verdict: 'ok' },
    ]);
  });

  it('refuses user or password', async () => {
    const port = await aMailServer();

    expect(await check(`smtp://precall:wrong@127.0.0.1:${port}?tls.rejectUnauthorized=false`)).toMatchObject([
      { what: 'connection', verdict: 'ok' },
      {
        what: 'login',
        verdict: 'error',
        message: expect.stringMatching(/^Login refused \(answer 535\): check user and/),
      },
    ]);
  });

  it('offers no STARTTLS where that is required', async () => {
    const catcher = await aCatcher();

    expect(await check(`${catcher.smtpUrl}?requireTLS=true`)).toMatchObject([
      { what: 'connection', verdict: 'error', message: expect.stringMatching(/no secure connection.*smtps:/) },
    ]);
  });

  it.each([
    ['over STARTTLS', 'smtp:', '?requireTLS=true', {}],
    ['from the first byte', 'smtps:', '', { secure: true }],
  ])('has a certificate that nobody vouches for, %s', async (_when, protocol, query, options) => {
    const port = await aMailServer(options);

    expect(await check(`${protocol}//127.0.0.1:${port}${query}`)).toMatchObject([
      {
        what: 'connection',
        verdict: 'error',
        message: expect.stringMatching(
          /no secure connection \(certificate\)\. Its certificate .*tls\.rejectUnauthorized/,
        ),
      },
    ]);
  });

  it('is not there', async () => {
    expect(await check(`smtp://127.0.0.1:${await getPort()}`)).toMatchObject([
      {
        what: 'connection',
        verdict: 'error',
        message: expect.stringMatching(/connection refused\. Check host and port/),
      },
    ]);
  });

  it('says nothing', async () => {
    const silentOne = createServer(() => {});
    silentOne.listen(0, '127.0.0.1');
    await once(silentOne, 'listening');
    running.push({ stop: () => stopped(silentOne) });

    const { port } = silentOne.address() as AddressInfo;

    expect(await check(`smtp://127.0.0.1:${port}`)).toMatchObject([
      { what: 'connection', verdict: 'error', message: expect.stringContaining('time-out') },
    ]);
  });

  it('has user or password that are not percent-encoded', async () => {
    expect(await check('smtp://user:100%@127.0.0.1')).toMatchObject([
      { what: 'settings', verdict: 'error', message: expect.stringMatching(/not percent-encoded \(% is %25\)\.$/) },
    ]);
  });

  it('cannot be told from a setting that is wrong, which names what is', async () => {
    expect(await check('smtp://127.0.0.1:25?tls=no')).toMatchObject([
      { what: 'settings', verdict: 'error', message: expect.stringContaining('unknown options (tls)') },
    ]);
  });
});

describe('a test mail', () => {
  it('is sent to whom it is asked for', async () => {
    const catcher = await aCatcher();

    const checks = await check(catcher.smtpUrl, { sendTo: ADA });

    expect(checks.at(-1)).toMatchObject({ what: 'test mail', verdict: 'ok' });
    expect(catcher.mails()).toMatchObject([
      { envelope: { from: FROM.email, to: [ADA.email] }, subject: 'Precall: a test mail' },
    ]);
  });

  it('is refused by the mail server, whose words stay out', async () => {
    const catcher = await aCatcher();
    catcher.failNext({ at: 'recipient', answer: 550 });

    const checks = await check(catcher.smtpUrl, { sendTo: ADA });

    expect(checks.at(-1)).toMatchObject({ verdict: 'error', message: expect.stringContaining('(550)') });
    expect(JSON.stringify(checks)).not.toMatch(/ada@|As the test asked/);
  });

  it('is put off by the mail server', async () => {
    const catcher = await aCatcher();
    catcher.failNext({ at: 'message', answer: 451 });

    const checks = await check(catcher.smtpUrl, { sendTo: ADA });

    expect(checks.at(-1)).toMatchObject({ verdict: 'error', message: 'It could not be sent: answer 451.' });
  });

  it('is not tried where the mail server does not answer', async () => {
    const checks = await check(`smtp://127.0.0.1:${await getPort()}`, { sendTo: ADA });

    expect(checks).toMatchObject([{ what: 'connection', verdict: 'error' }]);
  });
});

function stopped(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
