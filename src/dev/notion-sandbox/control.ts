import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { isSameToken } from '../../server/same-token.ts';
import { type Answer, give, readJson, type Serve } from '../stand-in-server.ts';
import type { JournalRules } from './assertions.ts';
import { RATE_LIMIT_REASONS } from './fault-answers.ts';
import type { Fault } from './faults.ts';
import type { JournalEntry } from './journal.ts';
import type { Limits } from './limits.ts';
import type { Seed } from './seed.ts';
import type { SandboxRow } from './table.ts';
import type { WorldChange } from './world-changes.ts';
import { WORLD_NAMES, type WorldName } from './worlds.ts';

/** What a test, or a person, does to the sandbox behind Notion's back. All of it is plain JSON, but for RegExp and Infinity in faults. */
export interface SandboxControl {
  /** Replaces everything in the workspace. */
  seed(seed: Seed | WorldName): void;
  /** Makes everything what it was: the workspace as it was seeded, no faults, an empty journal. The clock goes on. */
  reset(): void;
  /** Notes what the workspace says now, under a name. */
  snapshot(name: string): void;
  /** Makes the workspace say that again. */
  restore(name: string): void;
  /** Changes the workspace; returns the id of what came into being, if something did. */
  change(change: WorldChange): string | undefined;
  /** The rows of a database as a person sees them, oldest first, those in the trash included. */
  rowsOf(table: 'contacts' | 'sequence'): SandboxRow[];
  /** Lets matching requests fail from now on. */
  fail(fault: Fault): void;
  /** Forgets the faults still in wait. */
  heal(): void;
  /** How many requests are let through from now on. */
  limit(limits: Limits): void;
  /** As if somebody else's integration had sent so many of the workspace's requests. */
  spendElsewhere(requests: number): void;
  /** The sandbox's time, in epoch milliseconds. */
  now(): number;
  /** Stands still at this instant from now on. */
  setClock(at: number): void;
  advanceClock(ms: number): void;
  /** Lets the clock go again by itself, from where it is. */
  runClock(): void;
  /** Requests to the API, oldest first. */
  entries(): readonly JournalEntry[];
  /** What was done that must not be, a sentence each; none if all is well. */
  violations(rules: JournalRules): string[];
}

const LARGEST_BODY = 5_000_000;

const Count = z.int().min(0);
const OneTable = z.enum(['contacts', 'sequence']);

const Answered = z.strictObject({ status: z.int(), body: z.unknown(), headers: z.record(z.string(), z.string()) });
const CHANGES: Record<WorldChange['kind'], true> = {
  add_property: true,
  rename_property: true,
  retype_property: true,
  remove_property: true,
  add_option: true,
  rename_option: true,
  remove_option: true,
  add_row: true,
  edit_row: true,
  duplicate_row: true,
  trash: true,
  restore: true,
  share: true,
  unshare: true,
  archive_row: true,
  add_data_source: true,
  revoke_token: true,
  renew_token: true,
  allow: true,
  limit: true,
};

/** Of a change only the kind is checked, so that a misspelt one does not pass for done. */
const Change = z.custom<WorldChange>(
  (value) => Object.hasOwn(CHANGES, String((value as { kind?: unknown } | null)?.kind)),
  'a change of a kind that is not known',
);
const Seeding = z.custom<Seed>((value) => typeof value === 'object' && value !== null && 'contacts' in value);

const Action = z.union([
  z.strictObject({ answer: Answered }),
  z.strictObject({ commitThenAnswer: Answered }),
  z.strictObject({
    rateLimit: z.strictObject({
      retryAfterS: Count.nullish(),
      as: z.enum(['seconds', 'date']).optional(),
      reason: z.enum(RATE_LIMIT_REASONS).optional(),
    }),
  }),
  z.strictObject({ error: z.int(), code: z.string().optional() }),
  z.strictObject({ edge: z.int() }),
  z.strictObject({ validation: z.string() }),
  z.enum([
    'commit-then-503',
    'drop',
    'commit-then-drop',
    'hang',
    'hang-in-headers',
    'hang-in-body',
    'truncated',
    'empty',
  ]),
  z.strictObject({ delayMs: Count }),
  z.strictObject({ change: Change }),
]);

const Method = z.enum(['GET', 'POST', 'PATCH', 'DELETE']).optional();
const Path = z.string().optional();

const OneFault = z.strictObject({
  method: Method,
  path: Path,
  match: z
    .strictObject({
      method: Method,
      path: Path,
      token: z.string().optional(),
      nth: z.int().min(1).optional(),
      everyNth: z.int().min(1).optional(),
      probability: z.number().min(0).max(1).optional(),
      seed: z.int().optional(),
    })
    .optional(),
  phase: z.enum(['before', 'after']).optional(),
  // JSON has no Infinity, and says null for it.
  times: z
    .int()
    .min(1)
    .nullable()
    .transform((times) => times ?? Number.POSITIVE_INFINITY)
    .optional(),
  action: Action,
});

const Rules = z.strictObject({
  budget: Count.optional(),
  burst: Count.optional(),
  graceMs: Count.optional(),
  log: z.string().optional(),
});

/** What each operation is told. */
const ARGUMENTS = {
  seed: z.tuple([z.union([z.enum(WORLD_NAMES), Seeding])]),
  reset: z.tuple([]),
  snapshot: z.tuple([z.string()]),
  restore: z.tuple([z.string()]),
  change: z.tuple([Change]),
  rowsOf: z.tuple([OneTable]),
  fail: z.tuple([OneFault]),
  heal: z.tuple([]),
  limit: z.tuple([
    z.strictObject({
      perToken: Count.optional(),
      perWorkspace: Count.optional(),
      workspaceWindowMs: z.int().min(1).optional(),
    }),
  ]),
  spendElsewhere: z.tuple([Count]),
  now: z.tuple([]),
  setClock: z.tuple([z.int()]),
  advanceClock: z.tuple([z.int()]),
  runClock: z.tuple([]),
  entries: z.tuple([]),
  violations: z.tuple([Rules]),
} satisfies { [Name in keyof SandboxControl]: z.ZodType<Parameters<SandboxControl[Name]>> };

export type OperationName = keyof SandboxControl;

export const OPERATIONS = Object.keys(ARGUMENTS) as OperationName[];

const Order = z.strictObject({ operation: z.enum(OPERATIONS), arguments: z.array(z.unknown()) });

/**
 * Carries out the operations that are posted as `{ operation, arguments }`, for whoever knows the secret. Answers 200 with
 * `{ result }`, 400 with `{ error }` when it cannot be done, 401 to everybody else.
 */
export function createServeControl(control: SandboxControl, secret: string): Serve {
  return async (request, response) => give(response, await answerTo(request, control, secret));
}

async function answerTo(request: IncomingMessage, control: SandboxControl, secret: string): Promise<Answer> {
  if (!isSameToken(request.headers.authorization ?? '', `Bearer ${secret}`))
    return answerOf(401, { error: 'Wrong secret.' });
  if (request.method !== 'POST') return answerOf(400, { error: 'Operations are posted.' });
  const sent = await readJson(request, LARGEST_BODY);
  if ('fault' in sent) return answerOf(400, { error: sent.fault });
  try {
    return answerOf(200, { result: perform(control, sent.value) });
  } catch (error) {
    return answerOf(400, { error: error instanceof z.ZodError ? z.prettifyError(error) : String(error) });
  }
}

function perform(control: SandboxControl, order: unknown): unknown {
  const { operation, arguments: given } = Order.parse(order);
  const read = ARGUMENTS[operation].parse(given);
  return (control[operation] as (...all: unknown[]) => unknown)(...read);
}

function answerOf(status: number, body: unknown): Answer {
  return { status, body, headers: { 'content-type': 'application/json; charset=utf-8' } };
}
