import { setTimeout as sleep } from 'node:timers/promises';
import { offsetLabel } from '../src/workflows/timetable.ts';
import { judge, type Violation } from './checker.ts';
import type { Evidence } from './evidence.ts';
import { contactsIn, expectedReminders, readStore, type StoreReader } from './gather.ts';
import { createRandom, type Random } from './random.ts';
import { type FaultStack, startFaultStack, type Victim } from './stack.ts';
import { FAMILY_NAME, startStream } from './stream.ts';

export interface FaultOptions {
  /** How often each is killed. */
  kills: Record<Victim, number>;
  /** Then nobody is killed any more, also if that was less often. */
  killsWithinMs: number;
  seed: number;
  perSecond: number;
  /** How long after it is booked a call starts, milliseconds. */
  startsIn: { from: number; to: number };
  waitFor: Evidence['waitedFor'];
  temporalCli: string;
  /** Ends the run at once; it then rejects. */
  signal: AbortSignal;
  say: (line: string) => void;
}

export interface FaultResults {
  evidence: Evidence;
  violations: Violation[];
  /** How long each took to work again once it was started, milliseconds. */
  recoveries: Record<Victim, number[]>;
}

/** Apart enough for a worker that dies over one: that is noticed 15 s after it was due, and until the next it is tried again. */
const OFFSETS = [60_000, 30_000].map((ms) => ({ label: offsetLabel(ms), ms }));
const CONTACT_EVERY = 5;
const WARM_UP_MS = 2_000;
/**
 * How long the rest may take after the last call has started. Notion's work is noticed as lost after two minutes; a workflow task over
 * which one worker after the other died is given ever more time by Temporal, up to ten minutes.
 */
const SETTLES_WITHIN_MS: Record<Evidence['waitedFor'], number> = { reminders: 60_000, ends: 900_000 };
const LOOKS_EVERY_MS = 500;
/** A worker is killed when a mail goes out, but does not wait for one longer than this. */
const MAIL_LIMIT_MS = 5_000;
/** As long as the mail server takes to answer, and a little more. */
const MAIL_IN_FLIGHT_MS = 60;

/** Posts webhooks to Precall in production and kills its parts meanwhile, as often as asked. Then hears everybody and judges. */
export async function runFaults(options: FaultOptions): Promise<FaultResults> {
  const { kills, killsWithinMs, seed, perSecond, startsIn, temporalCli, waitFor, say } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const random = createRandom(seed);
  const recoveries: FaultResults['recoveries'] = { server: [], worker: [], temporal: [], postgres: [] };
  const stack = await startFaultStack({ temporalCli, offsets: OFFSETS.map(({ label }) => label), signal });
  const store = readStore(stack.databaseUrl);
  try {
    const { contacts } = stack.notion;
    const stream = startStream({
      url: stack.webhookUrl,
      secret: stack.webhookSecret,
      perSecond,
      startsIn,
      contactEvery: CONTACT_EVERY,
      addContact: ({ name, email }) => contacts.add({ Name: name, email }),
      random,
      signal,
    });
    try {
      const killInTurn = async (victims: readonly Victim[]) => {
        for (const victim of inTurn(victims, kills)) {
          signal.throwIfAborted();
          if (Date.now() > lastKillAt) return;
          await MOMENTS[victim](stack, random, signal);
          await stack.kill(victim);
          await sleep(random.between(...AWAY_MS[victim]), undefined, { signal });
          const startedAt = Date.now();
          await stack.restart(victim);
          const count = recoveries[victim].push(Date.now() - startedAt);
          if (count === kills[victim] || count % 10 === 0) say(`${victim} killed ${count} times`);
        }
      };
      await sleep(WARM_UP_MS, undefined, { signal });
      const lastKillAt = Date.now() + killsWithinMs;
      // Two at a time: a worker cannot start while Temporal is away, but a server can, and both wait for PostgreSQL.
      const lanes = [killInTurn(['server', 'postgres']), killInTurn(['worker', 'temporal'])];
      for (const lane of lanes) lane.catch((error: unknown) => failed.abort(error));
      await Promise.allSettled(lanes);
      signal.throwIfAborted();
    } finally {
      await stream.stop();
    }

    const { webhooks, versions } = stream;
    say(`${webhooks.length} webhooks posted; waiting for what is still to come`);
    await untilSettled(store, versions, waitFor, signal);
    const stored = await store.read();
    await stack.stop();

    const evidence: Evidence = {
      ...stored,
      webhooks,
      reminders: expectedReminders(versions, {
        offsets: OFFSETS,
        key: stack.installationKey,
        domain: stack.mailDomain,
      }),
      mails: stack.mails,
      contacts: contactsIn(contacts),
      waitedFor: waitFor,
      log: stack.log,
      people: { addresses: new Set(versions.map(({ recipient }) => recipient)), names: [FAMILY_NAME] },
      endedByThemselves: stack.endedByThemselves,
    };
    return { evidence, violations: judge(evidence), recoveries };
  } finally {
    await store.close();
    await stack.stop();
  }
}

/** Each as often as asked, spread over the run. */
function inTurn(victims: readonly Victim[], kills: FaultOptions['kills']): Victim[] {
  return victims
    .flatMap((victim) =>
      Array.from({ length: kills[victim] }, (_, index) => ({ victim, at: (index + 0.5) / kills[victim] })),
    )
    .toSorted((a, b) => a.at - b.at)
    .map(({ victim }) => victim);
}

type Moment = (stack: FaultStack, random: Random, signal: AbortSignal) => Promise<unknown>;

const after =
  (fromMs: number, toMs: number): Moment =>
  (_stack, random, signal) =>
    sleep(random.between(fromMs, toMs), undefined, { signal });

/** While a mail goes out, or just after. */
const aroundAMail: Moment = async (stack, random, signal) => {
  await sleep(random.between(500, 2_000), undefined, { signal });
  await Promise.race([stack.nextMail(), sleep(MAIL_LIMIT_MS, undefined, { signal })]);
  await sleep(random.between(0, MAIL_IN_FLIGHT_MS), undefined, { signal });
};

/** When each is killed, counted from its last start. */
const MOMENTS: Record<Victim, Moment> = {
  server: after(100, 2_000),
  worker: aroundAMail,
  temporal: aroundAMail,
  postgres: after(1_000, 4_000),
};

/** How long each stays away, besides its start. */
const AWAY_MS: Record<Victim, [number, number]> = {
  server: [0, 100],
  worker: [0, 500],
  temporal: [0, 3_000],
  postgres: [0, 2_000],
};

/** What has not come by then is for the judge to find. */
async function untilSettled(
  store: StoreReader,
  versions: readonly { startsAt: string }[],
  waitFor: Evidence['waitedFor'],
  signal: AbortSignal,
): Promise<void> {
  const lastStart = Math.max(...versions.map(({ startsAt }) => Date.parse(startsAt)));
  for (const deadline = lastStart + SETTLES_WITHIN_MS[waitFor]; Date.now() < deadline; ) {
    const { running, ...others } = await store.unsettled();
    const isSettled = Object.values(others).every((count) => count === 0);
    if (isSettled && (waitFor === 'reminders' || running === 0)) return;
    await sleep(LOOKS_EVERY_MS, undefined, { signal });
  }
}
