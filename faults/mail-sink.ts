import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import type { TakenMail } from './evidence.ts';

/**
 * Run as a process of its own, which nobody kills: takes every mail. Writes its port, then a {@link TakenMail} in JSON for each
 * mail as soon as it has all of it, and answers a little later, as mail servers do: who is killed in between does not know.
 */
const ANSWERS_AFTER_MS = 40;
const HEAD_BYTES = 8_192;

async function take(mail: Readable, recipient: string): Promise<void> {
  const hash = createHash('sha256');
  let head = '';
  for await (const chunk of mail as AsyncIterable<Buffer>) {
    hash.update(chunk);
    if (head.length < HEAD_BYTES) head += chunk.toString('latin1');
  }
  const [, messageId = ''] = /^message-id:\s*(\S+)/im.exec(head) ?? [];
  const taken: TakenMail = { takenAt: Date.now(), messageId, recipient, contentHash: hash.digest('hex') };
  process.stdout.write(`${JSON.stringify(taken)}\n`);
}

const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  logger: false,
  onData(stream, { envelope }, callback) {
    const recipient = envelope.rcptTo.map(({ address }) => address).join(',');
    take(stream, recipient)
      .then(() => sleep(ANSWERS_AFTER_MS))
      .then(() => callback(), callback);
  },
});
// A client that hangs up is no reason to end.
smtp.on('error', () => undefined);
smtp.listen(0, '127.0.0.1');
await once(smtp.server, 'listening');
process.stdout.write(`${(smtp.server.address() as AddressInfo).port}\n`);
