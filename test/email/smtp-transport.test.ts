import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MailCatcher, startMailCatcher } from '../../src/dev/mail-catcher/mail-catcher.ts';
import { MailRefused, type MailTransport, MailUndelivered, sendMail } from '../../src/email/mail-transport.ts';
import { createSmtpTransport, type SmtpTransportOptions } from '../../src/email/smtp-transport.ts';
import { type Ending, startBreakingServer } from './breaking-server.ts';
import { anOutgoingMail, FROM, failureOf } from './outgoing-mail.ts';

let catcher: MailCatcher;
const transports: MailTransport[] = [];

beforeEach(async () => {
  catcher = await startMailCatcher();
});

afterEach(async () => {
  for (const transport of transports.splice(0)) transport.close();
  await catcher.stop();
});

function transportTo(smtpUrl: string, options: Partial<SmtpTransportOptions> = {}): MailTransport {
  const transport = createSmtpTransport({ smtpUrl, from: FROM, ...options });
  transports.push(transport);
  return transport;
}

describe('a mail sent over SMTP', () => {
  it('arrives as it was written', async () => {
    await sendMail(
      transportTo(catcher.smtpUrl),
      anOutgoingMail({ replyTo: { name: 'Hopper, "Grace"', email: 'grace@example.com' } }),
    );

    const [mail] = catcher.mails();
    expect(mail).toMatchObject({
      envelope: { from: 'calls@example.com', to: ['ada@example.com'] },
      messageId: '<0123abcd@example.com>',
      subject: 'Your call tomorrow at 09:00: Café',
    });
    expect(mail?.text.trim()).toBe('Hello Ada\n.\nuntil tomorrow');
    expect(mail?.html.trim()).toBe('<p>Hello Ada</p>');
    expect(Object.fromEntries(mail!.headers.map(({ name, value }) => [name, value]))).toMatchObject({
      From: 'Precall <calls@example.com>',
      To: 'Ada Lovelace <ada@example.com>',
      'Reply-To': '"Hopper, \\"Grace\\"" <grace@example.com>',
      'Message-ID': '<0123abcd@example.com>',
      'Auto-Submitted': 'auto-generated',
    });
    expect(catcher.mails()).toHaveLength(1);
  });

  it('that was prepared leaves when it is sent, and says the date it was given', async () => {
    const date = new Date('2026-12-02T15:00:00Z');
    const prepared = await transportTo(catcher.smtpUrl).prepare(anOutgoingMail({ date }));
    expect(catcher.mails()).toHaveLength(0);

    await prepared.send();

    const [mail] = catcher.mails();
    expect(Date.parse(mail!.headers.find(({ name }) => name === 'Date')!.value)).toBe(date.getTime());
    expect(mail?.subject).toBe('Your call tomorrow at 09:00: Café');
  });

  it('goes over the wire byte for byte as it was kept, also by another transport', async () => {
    const { content } = await transportTo(catcher.smtpUrl).prepare(
      anOutgoingMail({ text: `.a dot\n..two\n${'long '.repeat(300)}\n.\nlast line` }),
    );

    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await transportTo(catcher.smtpUrl).resume(Buffer.from(content), 'ada@example.com').send();
    }

    const mails = catcher.mails();
    expect(mails.map(({ envelope }) => envelope)).toEqual([
      { from: 'calls@example.com', to: ['ada@example.com'] },
      { from: 'calls@example.com', to: ['ada@example.com'] },
    ]);
    for (const { raw } of mails) expect(raw.trimEnd()).toBe(content.toString().trimEnd());
  });

  it('gets no header from whatever stands in its fields', async () => {
    const lines = 'x\r\nBcc: eve@example.com\r\n\r\n<b>body</b>';
    await sendMail(
      transportTo(catcher.smtpUrl),
      anOutgoingMail({
        to: { name: `${lines}\u202e"`, email: 'ada@example.com' },
        replyTo: { name: lines, email: 'a@example.com' },
        subject: lines,
      }),
    );

    const [mail] = catcher.mails();
    expect(mail?.envelope.to).toEqual(['ada@example.com']);
    expect(mail?.headers.map(({ name }) => name.toLowerCase())).not.toContain('bcc');
    expect(mail?.text).toContain('Hello Ada');
    expect(mail?.raw).not.toMatch(/^Bcc:/im);
  });

  it.each([
    'ada@example.com,eve@example.com',
    'ada@example.com;eve@example.com',
    'ada@example.com eve@example.com',
    'ada@example.com>\r\nRCPT TO:<eve@example.com',
    'Ada <ada@example.com>',
    'friends:ada@example.com,eve@example.com;',
    '"ada@example.com,eve"@example.com',
    '@eve.example:ada@example.com',
    'a@b,c@d',
    'ada@[127.0.0.1]',
    `${'a'.repeat(300)}@example.com`,
    'nobody',
    '',
  ])('is refused, with no recipient at all, when its address is %j', async (email) => {
    const error = await failureOf(
      sendMail(transportTo(catcher.smtpUrl), anOutgoingMail({ to: { name: 'Ada', email } })),
    );

    expect(error).toBeInstanceOf(MailRefused);
    expect(error).toMatchObject({ responseCode: undefined });
    expect(() => transportTo(catcher.smtpUrl).resume(Buffer.from('Subject: Call\r\n\r\n'), email)).toThrow(MailRefused);
    expect(catcher.mails()).toEqual([]);
  });

  it.each(['ada@bücher.example', "o'brien+calls@example.com", 'адрес@example.com'])(
    'goes to exactly one recipient when its address is %s',
    async (email) => {
      await sendMail(transportTo(catcher.smtpUrl), anOutgoingMail({ to: { name: '', email } }));

      expect(catcher.mails().map(({ envelope }) => envelope.to)).toEqual([[email]]);
    },
  );

  const parsed = async () => PostalMime.parse(catcher.mails().at(-1)!.raw);

  it.each([
    ['of 300 characters', 'N'.repeat(300), `${'N'.repeat(99)}…`],
    ['with quotes and a comma', 'Lovelace, "Ada" \\', 'Lovelace, "Ada" \\'],
    ['that turns the text around', 'Ada \u202eecalevoL\u2066 \u200b(you)', 'Ada ecalevoL (you)'],
    ['that looks like an address', 'eve@example.com>, <mallory@example.com', 'eve@example.com>, <mallory@example.com'],
    ['with line breaks and a header', 'Ada\r\nBcc: eve@example.com\r\n', 'Ada Bcc: eve@example.com'],
    ['of other letters', 'Áda Łovelace 愛達', 'Áda Łovelace 愛達'],
  ])('names exactly one recipient, by a name %s', async (_what, name, shown) => {
    await sendMail(
      transportTo(catcher.smtpUrl),
      anOutgoingMail({ to: { name, email: 'ada@example.com' }, replyTo: { name, email: 'grace@example.com' } }),
    );

    const { to, replyTo, headers } = await parsed();
    expect(to).toEqual([{ name: shown, address: 'ada@example.com' }]);
    expect(replyTo).toEqual([{ name: shown, address: 'grace@example.com' }]);
    expect(headers.map(({ key }) => key).toSorted()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'reply-to',
      'subject',
      'to',
    ]);
  });

  it('can be unsubscribed from by one POST, where there is an address for that', async () => {
    const url = `https://precall.example/unsubscribe/${'t0ken_-'.repeat(40)}`;
    await sendMail(transportTo(catcher.smtpUrl), anOutgoingMail({ unsubscribeUrl: url }));
    const { headers } = await parsed();

    const headerOf = (name: string) => headers.find(({ key }) => key === name)?.value;
    expect(headerOf('list-unsubscribe')).toBe(`<${url}>`);
    expect(headerOf('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
  });

  it('has its calendar file as a part for mail programs, and once more to be saved', async () => {
    const content = 'BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nSUMMARY:Café\r\nEND:VCALENDAR\r\n';
    await sendMail(transportTo(catcher.smtpUrl), anOutgoingMail({ calendar: { method: 'CANCEL', content } }));

    const { text, html, attachments } = await parsed();
    expect([text?.trim(), html?.trim()]).toEqual(['Hello Ada\n.\nuntil tomorrow', '<p>Hello Ada</p>']);
    // The parser gives line feeds alone, whatever came.
    const file = content.replaceAll('\r\n', '\n');
    const parts = attachments.map(({ mimeType, filename, method, content: bytes }) => [
      mimeType,
      filename,
      method,
      new TextDecoder().decode(bytes as ArrayBuffer),
    ]);
    expect(parts).toEqual([
      ['text/calendar', null, 'CANCEL', file],
      ['application/ics', 'invite.ics', undefined, file],
    ]);
    const { raw } = catcher.mails()[0]!;
    expect(raw).toMatch(/^Content-Type: text\/calendar; charset=utf-8; method=CANCEL\r?$/m);
    expect(raw.replaceAll(/\r?\n/g, '')).toContain(Buffer.from(content).toString('base64'));
  });

  it('leaves a reply address that is none out', async () => {
    await sendMail(
      transportTo(catcher.smtpUrl),
      anOutgoingMail({ replyTo: { name: 'Grace', email: 'a@example.com, b@example.com' } }),
    );

    expect(catcher.mails()[0]?.headers.map(({ name }) => name)).not.toContain('Reply-To');
  });
});

describe('a mail server that refuses', () => {
  it.each([
    ['the recipient', { at: 'recipient', answer: 550 }, 550],
    ['the content', { at: 'message', answer: 554 }, 554],
  ] as const)('%s for good is believed', async (_what, fault, responseCode) => {
    catcher.failNext(fault);

    const error = await failureOf(sendMail(transportTo(catcher.smtpUrl), anOutgoingMail()));
    expect(error).toBeInstanceOf(MailRefused);
    expect(error).toMatchObject({ responseCode, message: `The mail server refused the mail (${responseCode})` });
    expect(catcher.mails()).toEqual([]);
  });

  it.each([
    ['the recipient', { at: 'recipient', answer: 451 }, 451],
    ['the recipient and hangs up', { at: 'recipient', answer: 421 }, 421],
    ['the content', { at: 'message', answer: 452 }, 452],
  ] as const)('%s for now is worth another attempt', async (_what, fault, responseCode) => {
    const transport = transportTo(catcher.smtpUrl);
    catcher.failNext(fault);

    const error = await failureOf(sendMail(transport, anOutgoingMail()));
    expect(error).toBeInstanceOf(MailUndelivered);
    expect(error).toMatchObject({ responseCode, reason: `answer ${responseCode}`, perhapsTaken: false });

    await sendMail(transport, anOutgoingMail());
    expect(catcher.mails()).toHaveLength(1);
  });

  it('the login waits for the operator: the password can be mended before the call', async () => {
    const server = new SMTPServer({
      logger: false,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth: (_auth, _session, callback) =>
        callback(Object.assign(new Error('no ada@example.com here'), { responseCode: 535 })),
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const { port } = server.server.address() as AddressInfo;

    const error = await failureOf(sendMail(transportTo(`smtp://calls:hunter22@127.0.0.1:${port}`), anOutgoingMail()));
    expect(error).toBeInstanceOf(MailUndelivered);
    expect(error).toMatchObject({ reason: 'login refused (answer 535)', perhapsTaken: false });

    const withoutLogin = await failureOf(sendMail(transportTo(`smtp://127.0.0.1:${port}`), anOutgoingMail()));
    expect(withoutLogin).toMatchObject({ name: 'MailUndelivered', reason: 'login refused (answer 530)' });
    server.close();
  });
});

describe('the answer of a mail server', () => {
  const quick = { timeouts: { connectMs: 500, answerMs: 500, mailMs: 900 } };
  const ABOUT_THE_MAIL = ['MAIL', 'RCPT', 'DATA', '.'];
  const steps = ['greeting', 'EHLO', ...ABOUT_THE_MAIL].flatMap((at) =>
    ['421 closing', '451 try later', '550 no'].map((words) => [words, at] as const),
  );

  it.each(steps)('"%s" at %s says that it has not taken the mail', async (words, at) => {
    const server = await startBreakingServer(at, 'close', words);
    const error = await failureOf(sendMail(transportTo(server.smtpUrl, quick), anOutgoingMail()));
    server.stop();

    const isFinal = words.startsWith('5') && ABOUT_THE_MAIL.includes(at);
    expect(error).toBeInstanceOf(isFinal ? MailRefused : MailUndelivered);
    if (!isFinal) expect(error).toMatchObject({ perhapsTaken: false });
  });
});

describe('a mail server that fails', () => {
  const quick = { timeouts: { connectMs: 300, answerMs: 300, mailMs: 900 } };

  it('after the last byte may have taken the mail; it is not sent again by itself', async () => {
    catcher.failNext({ at: 'message', answer: 'drop' });

    const error = await failureOf(sendMail(transportTo(catcher.smtpUrl), anOutgoingMail()));
    expect(error).toMatchObject({ name: 'MailUndelivered', reason: 'connection lost', perhapsTaken: true });
    expect(catcher.mails()).toHaveLength(1);
  });

  describe.each<Ending>(['close', 'reset', 'silence'])('with a %s', (ending) => {
    const endsAt = async (command: string) => {
      const server = await startBreakingServer(command, ending);
      const error = await failureOf(sendMail(transportTo(server.smtpUrl, quick), anOutgoingMail()));
      server.stop();
      return error;
    };

    it.each(['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA'])('at %s has certainly not taken the mail', async (command) => {
      expect(await endsAt(command)).toMatchObject({ name: 'MailUndelivered', perhapsTaken: false });
    });

    it('after the last byte has perhaps taken the mail', async () => {
      expect(await endsAt('.')).toMatchObject({ name: 'MailUndelivered', perhapsTaken: true });
    });
  });

  it.each([
    ['421 closing', false],
    ['451 try later', false],
    ['what?', true],
    ['250-the first line', true],
  ])('after it answered the last byte with "%s" has perhaps taken the mail: %s', async (lastWords, perhapsTaken) => {
    const server = await startBreakingServer('.', 'close', lastWords);

    const error = await failureOf(sendMail(transportTo(server.smtpUrl, quick), anOutgoingMail()));
    expect(error).toMatchObject({ name: 'MailUndelivered', perhapsTaken });
    server.stop();
  });

  it('on a connection that has carried a mail before has certainly not taken the next one', async () => {
    const transport = transportTo(catcher.smtpUrl, { ...quick, maxConnections: 1 });
    await sendMail(transport, anOutgoingMail());
    catcher.failNext({ at: 'recipient', answer: 'drop' }, 5);

    expect(await failureOf(sendMail(transport, anOutgoingMail()))).toMatchObject({
      name: 'MailUndelivered',
      perhapsTaken: false,
    });
  });

  it.each([
    ['at the recipient', { at: 'recipient', answer: 'hang' }],
    ['after the last byte', { at: 'message', answer: 'hang' }],
  ] as const)('to answer %s is given up on, and the next mail goes through', async (_where, fault) => {
    const transport = transportTo(catcher.smtpUrl, { ...quick, maxConnections: 1 });
    catcher.failNext(fault);

    const [first, second] = await Promise.allSettled([
      sendMail(transport, anOutgoingMail()),
      sendMail(transport, anOutgoingMail({ messageId: '<second@example.com>' })),
    ]);
    expect(first).toMatchObject({ status: 'rejected', reason: { name: 'MailUndelivered', reason: 'time-out' } });
    expect(second.status).toBe('fulfilled');
    expect(catcher.mails().map(({ messageId }) => messageId)).toContain('<second@example.com>');
  });

  it.each([
    ['its greeting', '', '2'],
    ['an answer', '220 welcome\r\n', '250-one more thing\r\n'],
  ])('to come to the end of %s is given up on', async (_what, atOnce, again) => {
    const trickling = createServer((socket) => {
      socket.write(atOnce);
      const trickle = setInterval(() => socket.write(again), 50);
      socket.on('error', () => {}).on('close', () => clearInterval(trickle));
    }).listen(0, '127.0.0.1');
    await once(trickling, 'listening');
    const { port } = trickling.address() as AddressInfo;

    const error = await failureOf(sendMail(transportTo(`smtp://127.0.0.1:${port}`, quick), anOutgoingMail()));
    expect(error).toMatchObject({ name: 'MailUndelivered', reason: 'time-out' });
    trickling.close();
  });

  it('to listen is told apart', async () => {
    const { smtpUrl } = catcher;
    await catcher.stop();

    const error = await failureOf(sendMail(transportTo(smtpUrl), anOutgoingMail()));
    expect(error).toMatchObject({ name: 'MailUndelivered', reason: 'connection refused', perhapsTaken: false });
    catcher = await startMailCatcher();
  });

  it('and comes back on the same port gets the next mail, on a new connection', async () => {
    const transport = transportTo(catcher.smtpUrl);
    await sendMail(transport, anOutgoingMail());
    await catcher.stop();
    catcher = await startMailCatcher({ smtpPort: Number(new URL(catcher.smtpUrl).port) });
    await setTimeout(50); // until the transport has seen its connection end

    await sendMail(transport, anOutgoingMail({ messageId: '<second@example.com>' }));
    expect(catcher.mails().map(({ messageId }) => messageId)).toEqual(['<second@example.com>']);
  });

  it('to answer one mail delays no other', async () => {
    const transport = transportTo(catcher.smtpUrl, {
      maxConnections: 2,
      timeouts: { connectMs: 3_000, answerMs: 3_000, mailMs: 3_000 },
    });
    catcher.failNext({ at: 'recipient', answer: 'hang' });
    const first = failureOf(sendMail(transport, anOutgoingMail()));
    const began = performance.now();

    await Promise.all(
      [1, 2, 3, 4, 5].map((nth) => sendMail(transport, anOutgoingMail({ messageId: `<${nth}@example.com>` }))),
    );

    expect(performance.now() - began).toBeLessThan(2_000);
    transport.close();
    await first;
  });

  it.each([
    ['over STARTTLS', 'smtp:', '?requireTLS=true', {}],
    ['from the first byte', 'smtps:', '', { secure: true }],
  ])('to show a certificate that somebody vouches for, %s, gets nothing', async (_when, protocol, query, options) => {
    let mails = 0;
    const server = new SMTPServer({
      ...options,
      logger: false,
      authOptional: true,
      onMailFrom: (_address, _session, done) => {
        mails += 1;
        done();
      },
    });
    server.on('error', () => {});
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const { port } = server.server.address() as AddressInfo;

    const error = await failureOf(sendMail(transportTo(`${protocol}//127.0.0.1:${port}${query}`), anOutgoingMail()));

    expect(error).toMatchObject({
      name: 'MailUndelivered',
      reason: 'no secure connection (certificate)',
      perhapsTaken: false,
    });
    expect(mails).toBe(0);
    server.close();
  });

  it('to offer STARTTLS where it is required gets nothing', async () => {
    const error = await failureOf(sendMail(transportTo(`${catcher.smtpUrl}?requireTLS=true`), anOutgoingMail()));

    expect(error).toBeInstanceOf(MailUndelivered);
    expect(error).toMatchObject({ reason: expect.stringContaining('no secure connection') });
    expect(catcher.mails()).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it.each([
    { at: 'recipient', answer: 550 },
    { at: 'message', answer: 451 },
    { at: 'message', answer: 'drop' },
  ] as const)('at %o is told without an address or the server’s words', async (fault) => {
    catcher.failNext(fault);
    const error = (await failureOf(sendMail(transportTo(catcher.smtpUrl), anOutgoingMail()))) as Error;

    const told = JSON.stringify([error, error.message, error.stack, error.cause ?? null]);
    expect(told).not.toMatch(/ada@|As the test asked/);
  });
});

describe('a burst', () => {
  it('of many mails at one instant goes out over a few connections, each mail once', async () => {
    const transport = transportTo(catcher.smtpUrl, { maxConnections: 4 });
    const ids = Array.from({ length: 200 }, (_, index) => `<${index}@example.com>`);

    await Promise.all(ids.map((messageId) => sendMail(transport, anOutgoingMail({ messageId }))));

    expect(
      catcher
        .mails()
        .map(({ messageId }) => messageId)
        .sort(),
    ).toEqual(ids.sort());
  });
});

describe('close', () => {
  it('ends a send that is under way', async () => {
    const transport = transportTo(catcher.smtpUrl);
    catcher.failNext({ at: 'message', answer: 'hang' });
    const arrived = new Promise<void>((resolve) => catcher.onMail(() => resolve()));

    const sending = failureOf(sendMail(transport, anOutgoingMail()));
    await arrived;
    transport.close();

    expect(await sending).toMatchObject({ name: 'MailUndelivered', perhapsTaken: true });
  });

  it('has certainly not sent the mails that were still in the queue', async () => {
    const transport = transportTo(catcher.smtpUrl, { maxConnections: 1 });
    catcher.failNext({ at: 'message', answer: 'hang' });
    const arrived = new Promise<void>((resolve) => catcher.onMail(() => resolve()));
    const first = failureOf(sendMail(transport, anOutgoingMail()));
    const queued = failureOf(sendMail(transport, anOutgoingMail()));
    await arrived;

    transport.close();

    expect(await queued).toMatchObject({ name: 'MailUndelivered', perhapsTaken: false });
    await first;
  });
});
