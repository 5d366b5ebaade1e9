import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What a mail server does to the connection, instead of answering. */
export type Ending = 'close' | 'reset' | 'silence';

export interface BreakingServer {
  smtpUrl: string;
  /** The messages that it has read to their end, answered or not. */
  taken: string[];
  stop(): void;
}

const END: Record<Ending, (socket: Socket) => void> = {
  close: (socket) => socket.destroy(),
  reset: (socket) => socket.resetAndDestroy(),
  silence: () => {},
};

/**
 * A mail server that talks like any other up to one command (`greeting` is none, `.` is the end of a mail), and then no more, or with
 * an answer of its own and no more.
 *
 * @param times on how many connections; the next ones find a server that works.
 */
export async function startBreakingServer(
  at: string,
  ending: Ending,
  lastWords = '',
  times = Number.POSITIVE_INFINITY,
): Promise<BreakingServer> {
  const taken: string[] = [];
  let breaks = 0;
  const server = createServer((socket) => {
    const breakOff = () => {
      breaks += 1;
      if (lastWords) socket.end(`${lastWords}\r\n`);
      else END[ending](socket);
    };
    let message: string[] | undefined;
    let unread = '';

    /** @returns what is answered to a line; nothing inside of a message. */
    function commandIn(line: string): string | undefined {
      if (!message) return line.slice(0, 4);
      if (line === '.') return '.';
      message.push(line);
      return undefined;
    }

    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = (unread + chunk).split('\r\n');
      unread = lines.pop() ?? '';
      for (const line of lines) {
        const command = commandIn(line);
        if (command === undefined) continue;
        if (command === '.') taken.push(message!.join('\r\n'));
        message = command === 'DATA' && !(at === 'DATA' && breaks < times) ? [] : undefined;
        if (command === at && breaks < times) return breakOff();
        socket.write(message ? '354 go on\r\n' : '250 fine\r\n');
      }
    });
    if (at === 'greeting' && breaks < times) breakOff();
    else socket.write('220 welcome\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    smtpUrl: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    stop: () => void server.close(),
  };
}
