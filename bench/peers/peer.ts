import { randomBytes } from 'node:crypto';
import type { AcceptedMail } from '../figures.ts';
import { startMailSink } from '../mail-sink.ts';
import { type Job, jobOf } from './job.ts';
import type { MailerOptions } from './mailer.ts';
import type { PlannedBooking } from './planned-bookings.ts';

/** What sends reminders at their instants, running and empty. Its mails arrive at a sink of its own. */
export interface Peer {
  installationKey: string;
  /** What the sink has taken so far. */
  mails: readonly AcceptedMail[];
  /** Resolves once it has taken over all of them. */
  plan(bookings: readonly PlannedBooking[]): Promise<void>;
  stop(): Promise<void>;
}

/** The part of a peer that its kind makes: a queue and who works on it. */
export interface Queue {
  add(jobs: readonly Job[]): Promise<void>;
  stop(): Promise<void>;
}

/** @param start is handed what its worker needs to send mails. */
export async function startPeer(start: (options: MailerOptions) => Promise<Queue>): Promise<Peer> {
  const installationKey = randomBytes(24).toString('hex');
  const { process: sink, smtpUrl, mails } = await startMailSink();
  const queue = await start({ installationKey, smtpUrl, publicUrl: 'http://localhost:8000' });
  return {
    installationKey,
    mails,
    plan: (bookings) => queue.add(bookings.map((booking) => jobOf(booking, installationKey))),
    async stop() {
      await queue.stop();
      await sink.stop();
    },
  };
}
