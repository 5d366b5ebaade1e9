import type { Logger } from 'pino';
import type { Lane, Pace } from '../pace.ts';
import type { Ask, BeginAsking, Call } from './ask.ts';
import { createClient, type NotionClientOptions } from './client.ts';
import { type Clock, realClock } from './clock.ts';
import { NotionBusy, NotionRefusal, NotionUnavailable } from './errors.ts';
import { meaningOf, TURNED_AWAY_MS } from './failures.ts';
import { createInFlight } from './in-flight.ts';
import { backOffMs, isPutOff, type Kind, nextStep } from './retry-rules.ts';
import { createTurns } from './turns.ts';

export interface AskOptions extends NotionClientOptions {
  pace: Pace;
  log: Pick<Logger, 'warn' | 'error'>;
  clock?: Clock;
  /** From 0 to 1. */
  random?: () => number;
}

/** A piece of work takes no longer by default, its waits included; whoever asked for it comes again. */
const WORK_MS = 90_000;
/** So much later it is still looked whether something was added: to know that is worth more than to be in time. */
const LOOK_MS = 10_000;
/** Longer than this nobody waits to begin by default. */
const PATIENCE_MS = 20_000;
const IN_FLIGHT = 3;
/** So that all who were held off do not come back at one instant. */
const HOLD_OFF_JITTER_MS = 1_000;
const HOUR_MS = 3_600_000;

/**
 * Asks Notion at the pace that all processes share.
 *
 * Nothing in Notion's API makes a repeated request harmless, and a write may be saved although its answer says otherwise or never comes.
 * So the client's own retries are off, and what was perhaps done is looked at before it is done again.
 */
export function createBeginAsking(options: AskOptions): BeginAsking {
  const { pace, log, clock = realClock, random = Math.random, ...access } = options;
  const client = createClient(access);
  const turns = createTurns({ pace, inFlight: createInFlight(IN_FLIGHT, clock), clock });
  let limitedSaidAt = Number.NEGATIVE_INFINITY;

  /** What everybody has to know of a failure, before anybody asks again. */
  async function heed(failure: NotionUnavailable, tries: number): Promise<void> {
    const { message, fate, retryAfterMs = 0 } = failure;
    if (fate === 'turned_away' && turns.stop(TURNED_AWAY_MS)) {
      log.error({ alert: 'notion_turned_away' }, `${message}: check the proxy or firewall between here and Notion`);
    }
    if (!isPutOff(failure)) return;
    await pace.holdOff(Math.max(retryAfterMs, backOffMs(tries, random())) + random() * HOLD_OFF_JITTER_MS);
    if (fate === 'limited') sayLimited(message);
  }

  /** We keep to our budget, so it is not us alone. */
  function sayLimited(reason: string): void {
    if (clock.now() - limitedSaidAt < HOUR_MS) return;
    limitedSaidAt = clock.now();
    log.warn(
      { reason },
      'Notion limits us within NOTION_REQUESTS_PER_MINUTE: something else uses this token or workspace, or its plan allows less',
    );
  }

  function begin(lane: Lane, patienceMs: number | undefined): Ask {
    const beginsBy = clock.now() + (patienceMs ?? PATIENCE_MS);
    let endsAt = clock.now() + (patienceMs ?? WORK_MS);
    /** Whether Notion has carried out any of it, as far as can be known. */
    let isUnderWay = false;

    async function nextTurn(): Promise<() => void> {
      if (isUnderWay && clock.now() >= endsAt) {
        throw new NotionUnavailable('The work has taken too long for one go; it goes on in the next');
      }
      try {
        return await turns.next(lane, isUnderWay ? endsAt : beginsBy);
      } catch (error) {
        if (!(error instanceof NotionBusy) || !isUnderWay) throw error;
        throw new NotionUnavailable(error.message, error.retryInMs, { fate: 'limited' });
      }
    }

    /** Sends one request. @throws what repeating it would not change. */
    async function send<T>(
      call: Call<T>,
      tries: number,
    ): Promise<{ answer: T; failure?: never } | { failure: NotionUnavailable }> {
      const leave = await nextTurn();
      try {
        const answer = await call(client, tries);
        isUnderWay = true;
        return { answer };
      } catch (error) {
        const failure = meaningOf(error);
        const isPassing = failure instanceof NotionUnavailable;
        isUnderWay ||= !isPassing || !isPutOff(failure);
        if (!isPassing) throw failure;
        await heed(failure, tries);
        return { failure };
      } finally {
        leave();
      }
    }

    /** Waits until the next step after a failure. @throws {NotionUnavailable} the failure, where there is none in time. */
    async function stepAfter(failure: NotionUnavailable, kind: Kind, tries: number) {
      const step = nextStep(kind, tries, failure, random());
      const latestAt = kind === 'add' && step.do === 'look' ? endsAt + LOOK_MS : endsAt;
      if (step.do === 'give_up' || clock.now() + step.waitMs > latestAt) throw failure;
      await clock.sleep(step.waitMs);
      return step;
    }

    /** Looks for what was perhaps added, also when the time for everything else is over. */
    async function lookFor<T>(find: () => Promise<T>): Promise<T> {
      endsAt += LOOK_MS;
      try {
        return await find();
      } finally {
        endsAt -= LOOK_MS;
      }
    }

    return {
      async read(call) {
        for (let tries = 1; ; tries += 1) {
          const sent = await send(call, tries);
          if (!sent.failure) return sent.answer;
          await stepAfter(sent.failure, 'read', tries);
        }
      },

      async set(call, isDone) {
        for (let tries = 1; ; tries += 1) {
          const { failure } = await send(call, tries);
          if (!failure) return;
          const step = await stepAfter(failure, 'set', tries);
          if (step.do !== 'look') continue;
          if (await isDone()) return;
          if (!step.mayRepeat) throw failure;
        }
      },

      async add(call, find) {
        for (let tries = 1; ; tries += 1) {
          const sent = await send(call, tries).catch(refusedToAdd);
          if (!sent.failure) return sent.answer;
          const step = await stepAfter(sent.failure, 'add', tries);
          if (step.do !== 'look') continue;
          const { saved = [] } = sent.failure;
          const found = await lookFor(() => find(saved));
          if (found !== undefined) return found;
          if (!step.mayRepeat) throw sent.failure;
        }
      },
    };
  }

  return (lane = 'bookings', patienceMs) => begin(lane, patienceMs);
}

/** A workspace may have used up what its plan lets it add, while what is there can still be changed. */
function refusedToAdd(error: unknown): never {
  if (!(error instanceof NotionRefusal) || error.reason !== 'forbidden') throw error;
  throw new NotionRefusal(
    'creates_blocked',
    `${error.message} What is there can still be changed, but nothing can be added: allow the integration to insert content, and look whether the workspace has used up the blocks of its plan.`,
  );
}
