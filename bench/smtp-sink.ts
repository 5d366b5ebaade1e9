import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { SMTPServer } from 'smtp-server';

/**
 * Run as a process of its own: takes every mail and parses none. Writes its port, then a line for each mail: the
 * Message-ID and when the mail was complete, epoch milliseconds.
 */
const HEAD_BYTES = 8_192;

async function take(mail: Readable): Promise<void> {
  let head = '';
  for await (const chunk of mail as AsyncIterable<Buffer>) {
    if (head.length < HEAD_BYTES) head += chunk.toString('latin1');
  }
  const acceptedAt = Date.now();
  const [, messageId] = /^message-id:\s*(\S+)/im.exec(head) ?? [];
  process.stdout.write(`${messageId} ${acceptedAt}\n`);
}

const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  logger: false,
  onData(stream, _session, callback) {
    take(stream).then(() => callback(), callback);
  },
});
// A client that hangs up is no reason to end.
smtp.on('error', () => undefined);
smtp.listen(0, '127.0.0.1');
await once(smtp.server, 'listening');
process.stdout.write(`${(smtp.server.address() as AddressInfo).port}\n`);
