import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { type CaughtMail, readMail } from './caught-mail.ts';

/**
 * How to treat one mail badly, for tests: at its recipient or after its last byte, answer with an SMTP code, drop the connection, or
 * never answer. A mail that is dropped or hung up on after its last byte has been taken: real servers do that too.
 */
export interface Fault {
  at: 'recipient' | 'message';
  answer: number | 'drop' | 'hang';
}

export interface SmtpSink {
  port: number;
  /** The next `times` mails meet this fault, after those that were asked for before. */
  failNext(fault: Fault, times?: number): void;
  stop(): Promise<void>;
}

/** An SMTP server that takes every mail and delivers none. */
export async function startSmtpSink({
  host,
  port,
  onMail,
}: {
  host: string;
  port: number;
  onMail: (mail: CaughtMail) => void;
}): Promise<SmtpSink> {
  const faults: Fault[] = [];
  const sockets = new Map<number, Socket>();
  let received = 0;

  const takeFault = (at: Fault['at']) => (faults[0]?.at === at ? faults.shift() : undefined);

  const misbehave = ({ answer }: Fault, session: SMTPServerSession, reply: (error: Error) => void) => {
    if (answer === 'hang') return;
    if (answer === 'drop') sockets.get(session.remotePort)?.destroy();
    else reply(Object.assign(new Error('As the test asked'), { responseCode: answer }));
  };

  /** @returns the fault that awaits this mail, if any. */
  const takeMail = async (stream: Readable, session: SMTPServerSession): Promise<Fault | undefined> => {
    const raw = await buffer(stream);
    const receivedAtMs = Date.now();
    const { mailFrom, rcptTo } = session.envelope;
    const envelope = { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) };

    const fault = takeFault('message');
    const refused = typeof fault?.answer === 'number';
    if (!refused) onMail(await readMail(raw, { id: String(++received), receivedAtMs, envelope }));
    return fault;
  };

  const smtp = new SMTPServer({
    // Its certificate would be nobody's: a client that insists on STARTTLS is told that there is none.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onRcptTo(_address, session, callback) {
      const fault = takeFault('recipient');
      if (fault) misbehave(fault, session, callback);
      else callback();
    },
    onData(stream, session, callback) {
      takeMail(stream, session).then((fault) => (fault ? misbehave(fault, session, callback) : callback()), callback);
    },
  });
  smtp.on('error', () => {
    // A connection that a client or a test broke off; the server itself lives on.
  });
  smtp.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort!, socket);
    socket.once('close', () => sockets.delete(remotePort!));
  });
  smtp.listen(port, host);
  await once(smtp.server, 'listening');

  return {
    port: (smtp.server.address() as AddressInfo).port,
    failNext(fault, times = 1) {
      faults.push(...Array.from({ length: times }, () => fault));
    },
    async stop() {
      const closed = new Promise<void>((resolve) => smtp.close(resolve));
      for (const socket of sockets.values()) socket.destroy();
      await closed;
    },
  };
}
