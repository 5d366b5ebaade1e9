import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MailCatcher, startMailCatcher } from '../../src/dev/mail-catcher/mail-catcher.ts';
import { MailRefused, type MailTransport, MailUndelivered, type OutgoingMail } from '../../src/email/mail-transport.ts';
import { createSmtpTransport, type SmtpTransportOptions } from '../../src/email/smtp-transport.ts';

const FROM = { name: 'Precall', email: 'calls@example.com' };

function aMail(facts: Partial<OutgoingMail> = {}): OutgoingMail {
  return {
    to: { name: 'Ada Lovelace', email: 'ada@example.com' },
    messageId: '<0123abcd@example.com>',
    subject: 'Your call tomorrow at 09:00: Café',
    text: 'Hello Ada\n.\nuntil tomorrow\n',
    html: '<p>Hello Ada</p>',
    ...facts,
  };
}

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

const failureOf = (sending: Promise<void>) =>
  sending.then(
    () => expect.fail('was sent'),
    (error: unknown) => error,
  );

/** What a mail server does to the connection, instead of answering. */
type Ending = 'close' | 'reset' | 'silence';

const END: Record<Ending, (socket: Socket) => void> = {
  close: (socket) => socket.destroy(),
  reset: (socket) => socket.resetAndDestroy(),
  silence: () => {},
};

/**
 * A mail server that talks like any other up to one command (`greeting` is none, `.` is the end of a mail), and then no more, or with
 * an answer of its own and no more.
 */
async function startBreakingServer(at: string, ending: Ending, lastWords = '') {
  const breakOff = (socket: Socket) => {
    if (lastWords) socket.end(`${lastWords}\r\n`);
    else END[ending](socket);
  };
  const server = createServer((socket) => {
    let inData = false;
    let unread = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = (unread + chunk).split('\r\n');
      unread = lines.pop() ?? '';
      for (const line of lines) {
        if (inData && line !== '.') continue;
        const command = inData ? '.' : line.slice(0, 4);
        inData = command === 'DATA';
        if (command === at) return breakOff(socket);
        socket.write(inData ? '354 go on\r\n' : '250 fine\r\n');
      }
    });
    if (at === 'greeting') breakOff(socket);
    else socket.write('220 welcome\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { smtpUrl: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}

describe('a mail sent over SMTP', () => {
  it('arrives as it was written', async () => {
    await transportTo(catcher.smtpUrl).send(
      aMail({ replyTo: { name: 'Hopper, "Grace"', email: 'grace@example.com' } }),
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
    const prepared = await transportTo(catcher.smtpUrl).prepare(aMail({ date }));
    expect(catcher.mails()).toHaveLength(0);

    await prepared.send();

    const [mail] = catcher.mails();
    expect(Date.parse(mail!.headers.find(({ name }) => name === 'Date')!.value)).toBe(date.getTime());
    expect(mail?.subject).toBe('Your call tomorrow at 09:00: Café');
  });

  it('goes over the wire byte for byte as it was kept, also by another transport', async () => {
    const { content } = await transportTo(catcher.smtpUrl).prepare(
      aMail({ text: `.a dot\n..two\n${'long '.repeat(300)}\n.\nlast line` }),
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
    await transportTo(catcher.smtpUrl).send(
      aMail({
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
    const error = await failureOf(transportTo(catcher.smtpUrl).send(aMail({ to: { name: 'Ada', email } })));

    expect(error).toBeInstanceOf(MailRefused);
    expect(error).toMatchObject({ responseCode: undefined });
    expect(() => transportTo(catcher.smtpUrl).resume(Buffer.from('Subject: Call\r\n\r\n'), email)).toThrow(MailRefused);
    expect(catcher.mails()).toEqual([]);
  });

  it.each(['ada@bücher.example', "o'brien+calls@example.com", 'адрес@example.com'])(
    'goes to exactly one recipient when its address is %s',
    async (email) => {
      await transportTo(catcher.smtpUrl).send(aMail({ to: { name: '', email } }));

      expect(catcher.mails().map(({ envelope }) => envelope.to)).toEqual([[email]]);
    },
  );

  it('leaves a reply address that is none out', async () => {
    await transportTo(catcher.smtpUrl).send(
      aMail({ replyTo: { name: 'Grace', email: 'a@example.com, b@example.com' } }),
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

    const error = await failureOf(transportTo(catcher.smtpUrl).send(aMail()));
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

    const error = await failureOf(transport.send(aMail()));
    expect(error).toBeInstanceOf(MailUndelivered);
    expect(error).toMatchObject({ responseCode, reason: `answer ${responseCode}`, perhapsTaken: false });

    await transport.send(aMail());
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

    const error = await failureOf(transportTo(`smtp://calls:hunter22@127.0.0.1:${port}`).send(aMail()));
    expect(error).toBeInstanceOf(MailUndelivered);
    expect(error).toMatchObject({ reason: 'login refused (answer 535)', perhapsTaken: false });

    const withoutLogin = await failureOf(transportTo(`smtp://127.0.0.1:${port}`).send(aMail()));
    expect(withoutLogin).toMatchObject({ name: 'MailUndelivered', reason: 'login refused (answer 530)' });
    server.close();
  });
});

describe('a mail server that fails', () => {
  const quick = { timeouts: { connectMs: 300, answerMs: 300, mailMs: 900 } };

  it('after the last byte may have taken the mail; it is not sent again by itself', async () => {
    catcher.failNext({ at: 'message', answer: 'drop' });

    const error = await failureOf(transportTo(catcher.smtpUrl).send(aMail()));
    expect(error).toMatchObject({ name: 'MailUndelivered', reason: 'connection lost', perhapsTaken: true });
    expect(catcher.mails()).toHaveLength(1);
  });

  describe.each<Ending>(['close', 'reset', 'silence'])('with a %s', (ending) => {
    const endsAt = async (command: string) => {
      const server = await startBreakingServer(command, ending);
      const error = await failureOf(transportTo(server.smtpUrl, quick).send(aMail()));
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

    const error = await failureOf(transportTo(server.smtpUrl, quick).send(aMail()));
    expect(error).toMatchObject({ name: 'MailUndelivered', perhapsTaken });
    server.stop();
  });

  it('on a connection that has carried a mail before has certainly not taken the next one', async () => {
    const transport = transportTo(catcher.smtpUrl, { ...quick, maxConnections: 1 });
    await transport.send(aMail());
    catcher.failNext({ at: 'recipient', answer: 'drop' }, 5);

    expect(await failureOf(transport.send(aMail()))).toMatchObject({ name: 'MailUndelivered', perhapsTaken: false });
  });

  it.each([
    ['at the recipient', { at: 'recipient', answer: 'hang' }],
    ['after the last byte', { at: 'message', answer: 'hang' }],
  ] as const)('to answer %s is given up on, and the next mail goes through', async (_where, fault) => {
    const transport = transportTo(catcher.smtpUrl, { ...quick, maxConnections: 1 });
    catcher.failNext(fault);

    const [first, second] = await Promise.allSettled([
      transport.send(aMail()),
      transport.send(aMail({ messageId: '<second@example.com>' })),
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

    const error = await failureOf(transportTo(`smtp://127.0.0.1:${port}`, quick).send(aMail()));
    expect(error).toMatchObject({ name: 'MailUndelivered', reason: 'time-out' });
    trickling.close();
  });

  it('to listen is told apart', async () => {
    const { smtpUrl } = catcher;
    await catcher.stop();

    const error = await failureOf(transportTo(smtpUrl).send(aMail()));
    expect(error).toMatchObject({ name: 'MailUndelivered', reason: 'connection refused', perhapsTaken: false });
    catcher = await startMailCatcher();
  });

  it('and comes back on the same port gets the next mail, on a new connection', async () => {
    const transport = transportTo(catcher.smtpUrl);
    await transport.send(aMail());
    await catcher.stop();
    catcher = await startMailCatcher({ smtpPort: Number(new URL(catcher.smtpUrl).port) });
    await setTimeout(50); // until the transport has seen its connection end

    await transport.send(aMail({ messageId: '<second@example.com>' }));
    expect(catcher.mails().map(({ messageId }) => messageId)).toEqual(['<second@example.com>']);
  });

  it('to offer STARTTLS where it is required gets nothing', async () => {
    const error = await failureOf(transportTo(`${catcher.smtpUrl}?requireTLS=true`).send(aMail()));

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
    const error = (await failureOf(transportTo(catcher.smtpUrl).send(aMail()))) as Error;

    const told = JSON.stringify([error, error.message, error.stack, error.cause ?? null]);
    expect(told).not.toMatch(/ada@|As the test asked/);
  });
});

describe('a burst', () => {
  it('of many mails at one instant goes out over a few connections, each mail once', async () => {
    const transport = transportTo(catcher.smtpUrl, { maxConnections: 4 });
    const ids = Array.from({ length: 200 }, (_, index) => `<${index}@example.com>`);

    await Promise.all(ids.map((messageId) => transport.send(aMail({ messageId }))));

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

    const sending = failureOf(transport.send(aMail()));
    await arrived;
    transport.close();

    expect(await sending).toMatchObject({ name: 'MailUndelivered', perhapsTaken: true });
  });

  it('has certainly not sent the mails that were still in the queue', async () => {
    const transport = transportTo(catcher.smtpUrl, { maxConnections: 1 });
    catcher.failNext({ at: 'message', answer: 'hang' });
    const arrived = new Promise<void>((resolve) => catcher.onMail(() => resolve()));
    const first = failureOf(transport.send(aMail()));
    const queued = failureOf(transport.send(aMail()));
    await arrived;

    transport.close();

    expect(await queued).toMatchObject({ name: 'MailUndelivered', perhapsTaken: false });
    await first;
  });
});
