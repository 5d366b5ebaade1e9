import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaughtMail } from '../../../src/dev/mail-catcher/caught-mail.ts';
import { type MailCatcher, startMailCatcher } from '../../../src/dev/mail-catcher/mail-catcher.ts';
import { createMailStore } from '../../../src/dev/mail-catcher/mail-store.ts';
import { type MailTransport, type OutgoingMail, sendMail } from '../../../src/email/mail-transport.ts';
import { createSmtpTransport } from '../../../src/email/smtp-transport.ts';

let catcher: MailCatcher;
let transport: MailTransport;

beforeEach(async () => {
  catcher = await startMailCatcher();
  transport = createSmtpTransport({ smtpUrl: catcher.smtpUrl, from: { name: 'Precall', email: 'calls@example.com' } });
});

afterEach(async () => {
  transport.close();
  await catcher.stop();
});

async function send(facts: Partial<OutgoingMail> = {}): Promise<void> {
  await sendMail(transport, {
    to: { name: 'Ada', email: 'ada@example.com' },
    messageId: '<1@example.com>',
    subject: 'A reminder',
    text: 'In words',
    html: '<p>In <b>HTML</b></p>',
    ...facts,
  });
}

const page = async (path: string) => {
  const response = await fetch(`${catcher.pageUrl}${path}`);
  return { status: response.status, headers: response.headers, body: await response.text() };
};

describe('the mail catcher', () => {
  it('keeps what arrives, with the moment it arrived', async () => {
    const before = Date.now();
    await send();
    const after = Date.now();

    const [mail] = catcher.mails();
    expect(mail).toMatchObject({ id: '1', subject: 'A reminder', text: 'In words\n', messageId: '<1@example.com>' });
    expect(mail?.receivedAtMs).toBeGreaterThanOrEqual(before);
    expect(mail?.receivedAtMs).toBeLessThanOrEqual(after);
    expect(mail?.receivedAt).toBe(new Date(mail!.receivedAtMs).toISOString());
    expect(mail?.raw).toContain('Auto-Submitted: auto-generated\r\n');
  });

  it('tells of each mail until it is no longer listened to', async () => {
    const heard: string[] = [];
    const stopListening = catcher.onMail(({ subject }) => heard.push(subject));

    await send({ subject: 'first' });
    stopListening();
    await send({ subject: 'second' });

    expect(heard).toEqual(['first']);
  });

  it('misbehaves as often as it was asked to, then behaves', async () => {
    catcher.failNext({ at: 'recipient', answer: 451 }, 2);
    catcher.failNext({ at: 'message', answer: 451 });

    const outcomes = [];
    for (let attempt = 0; attempt < 4; attempt++) outcomes.push((await Promise.allSettled([send()]))[0]?.status);

    expect(outcomes).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
  });

  it('survives a client that vanishes in the middle of a mail', async () => {
    const socket = connect(Number(new URL(catcher.smtpUrl).port), '127.0.0.1');
    for (const line of ['EHLO x', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA']) {
      await once(socket, 'data');
      socket.write(`${line}\r\n`);
    }
    await once(socket, 'data');
    socket.write('Subject: half a m');
    socket.destroy();

    await send();
    expect(catcher.mails().map(({ subject }) => subject)).toEqual(['A reminder']);
  });

  it('stops at once, also while a client waits for an answer', async () => {
    catcher.failNext({ at: 'message', answer: 'hang' });
    const sending = send().catch(() => 'given up');
    await new Promise<void>((resolve) => catcher.onMail(() => resolve()));

    await catcher.stop();

    expect(await sending).toBe('given up');
    catcher = await startMailCatcher();
  });

  it('says so when its port is taken', async () => {
    const smtpPort = Number(new URL(catcher.smtpUrl).port);

    await expect(startMailCatcher({ smtpPort })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('its memory', () => {
  it('forgets the oldest mail first', () => {
    const store = createMailStore({ limit: 2 });
    for (const id of ['1', '2', '3']) store.add({ id } as CaughtMail);

    expect(store.all().map(({ id }) => id)).toEqual(['2', '3']);
    expect(store.find('1')).toBeUndefined();
  });
});

describe('its API', () => {
  it('lists the mails, newest first, and shows each', async () => {
    await send({ subject: 'first' });
    await send({ subject: 'second', messageId: '<2@example.com>' });

    const list = await (await fetch(`${catcher.pageUrl}/api/mails`)).json();
    expect(list).toEqual([
      expect.objectContaining({ id: '2', subject: 'second', to: ['ada@example.com'], messageId: '<2@example.com>' }),
      expect.objectContaining({ id: '1', subject: 'first', receivedAt: catcher.mails()[0]?.receivedAt }),
    ]);
    expect(await (await fetch(`${catcher.pageUrl}/api/mails/1`)).json()).toEqual(catcher.mails()[0]);
  });

  it('knows no mail that did not arrive', async () => {
    expect((await page('/api/mails/7')).status).toBe(404);
    expect((await page('/mails/7')).status).toBe(404);
    expect((await page('/mails/7/html')).status).toBe(404);
  });
});

describe('its pages', () => {
  const hostile = '<script>alert(1)</script><img src="https://evil.example/x.png">{{ 7 | times: 7 }}';

  it('say where to send mail while there is none', async () => {
    expect((await page('/')).body).toContain(catcher.smtpUrl);
  });

  it('list no more than the newest two hundred', async () => {
    await Promise.all(Array.from({ length: 201 }, () => send()));

    const { body } = await page('/');
    expect(body.match(/<li>/g)).toHaveLength(200);
    expect(body).toContain('201 mails caught');
    expect(await (await fetch(`${catcher.pageUrl}/api/mails`)).json()).toHaveLength(201);
  });

  it('show mails without running anything in them', async () => {
    await send({ subject: hostile, text: hostile, html: hostile, to: { name: hostile, email: 'ada@example.com' } });

    for (const path of [
      '/',
      '/mails/1',
      '/mails/1?tab=text',
      '/mails/1?tab=headers',
      '/mails/1?tab=source',
      '/mails/1?tab=%3Cb%3E',
    ]) {
      const { body, headers } = await page(path);
      expect(body).not.toContain('<script>alert');
      expect(body).not.toContain('<img');
      expect(headers.get('content-security-policy')).toContain(
        "default-src 'none'; style-src 'self'; script-src 'self'",
      );
    }
    expect((await page('/')).body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect((await page('/mails/1?tab=text')).body).toContain('{{ 7 | times: 7 }}');
  });

  it('show the HTML of a mail in a frame that may do nothing and load nothing', async () => {
    await send({ html: hostile });

    const { body: frame } = await page('/mails/1');
    expect(frame).toMatch(/<iframe [^>]*sandbox="[^"]*"[^>]*src="\/mails\/1\/html"/);
    expect(frame).not.toMatch(/sandbox="[^"]*(?:allow-scripts|allow-same-origin)/);

    const { body, headers } = await page('/mails/1/html');
    expect(body.trim()).toBe(hostile);
    const policy = headers.get('content-security-policy');
    expect(policy).toMatch(/^sandbox [^;]*; default-src 'none';/);
    expect(policy).not.toMatch(/allow-scripts|allow-same-origin|script-src|https?:/);
  });

  it.each<[string, Record<string, string>]>([
    ['a name of somebody else that leads here', { host: 'evil.example' }],
    ['a name that only looks local', { host: 'localhost.evil.example' }],
    ['a proxy', { 'x-forwarded-for': '203.0.113.7' }],
    ['a tunnel', { 'x-forwarded-host': 'tunnel.example' }],
    ['a forwarding proxy', { forwarded: 'for=203.0.113.7' }],
    ['a gateway', { via: '1.1 gateway' }],
  ])('are not shown to whoever comes through %s', async (_way, headers) => {
    await send();

    for (const path of ['/', '/api/mails', '/api/mails/1', '/mails/1/html', '/nothing']) {
      expect(await statusOf(path, headers)).toBe(403);
    }
  });

  it.each(['localhost', '127.0.0.1:8025', '[::1]:8025'])('are shown to whoever asks for %s', async (host) => {
    expect(await statusOf('/', { host })).toBe(200);
  });
});

/** `fetch` does not let a caller choose the Host header. */
function statusOf(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${catcher.pageUrl}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
