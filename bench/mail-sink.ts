import { fileURLToPath } from 'node:url';
import type { GuardedProcess } from '../src/dev/guarded-process.ts';
import type { AcceptedMail } from './figures.ts';
import { startNode, untilReady } from './processes.ts';

export interface MailSink {
  process: GuardedProcess;
  smtpUrl: string;
  /** What it has taken so far. */
  mails: readonly AcceptedMail[];
}

export async function startMailSink(): Promise<MailSink> {
  const mails: AcceptedMail[] = [];
  let smtpPort: number | undefined;
  const onLine = (line: string) => {
    const [first = '', acceptedAt] = line.split(' ');
    if (acceptedAt === undefined) smtpPort = Number(first);
    else mails.push({ messageId: first, acceptedAt: Number(acceptedAt) });
  };
  const file = fileURLToPath(new URL('./smtp-sink.ts', import.meta.url));
  const sink = await startNode(file, [], {}, { onLine });
  await untilReady('The mail sink', sink, () => smtpPort !== undefined);
  return { process: sink, smtpUrl: `smtp://127.0.0.1:${smtpPort}`, mails };
}
