import { bookAll, OFFSET, warmUp } from '../planned-bookings.ts';
import { startBenchStack } from '../stack.ts';
import type { Peer } from './peer.ts';

/** Precall as `precall start` runs it, which is told of its bookings by webhooks. */
export async function startPrecall(): Promise<Peer> {
  const stack = await startBenchStack(OFFSET.label);
  const target = { url: await stack.startPrecall(), webhookSecret: stack.webhookSecret };
  await warmUp(target);
  return {
    installationKey: stack.installationKey,
    mails: stack.mails,
    async plan(bookings) {
      await bookAll(target, bookings);
    },
    stop: () => stack.stop(),
  };
}
