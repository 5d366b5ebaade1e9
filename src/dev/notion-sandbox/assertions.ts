import type { Exchange, JournalEntry } from './journal.ts';
import { fingerprintOf } from './request-facts.ts';

/** What nobody who talks to Notion may do, as far as it is not always the same. */
export interface JournalRules {
  /** Requests per minute that all processes together may send, and how many more at once; no limit by default. */
  budget?: number | undefined;
  burst?: number | undefined;
  /** For so long after an announced wait began, requests may still have been on their way; 250 ms by default. */
  graceMs?: number | undefined;
  /** What the product has written into its log: must hold neither the token nor an address. */
  log?: string | undefined;
}

/** What the workspace holds at the end, as far as the assertions ask for it. */
export interface Evidence {
  /** The references in the titles of all pages on pages that are not in the trash, one each. */
  references: readonly string[];
  token: string;
  /** Every text of a row that could be somebody's address. */
  addresses: readonly string[];
}

const WINDOW_MS = 60_000;
const GRACE_MS = 250;

/** What was done that must not be, a sentence each; none if all is well. No sentence holds a token or an address. */
export function violationsIn(exchanges: readonly Exchange[], evidence: Evidence, rules: JournalRules): string[] {
  return [
    ...overBudget(exchanges, rules),
    ...duringHolds(exchanges, rules),
    ...overlappingWrites(exchanges),
    ...blindAdditions(exchanges),
    ...exchanges.filter(({ facts }) => facts.hasEmptyTextFilter).map(sentence('looks for an empty text')),
    ...severalPages(evidence),
    ...exchanges.filter(({ facts }) => facts.isSchemaWrite).map(sentence('writes to a schema')),
    ...exchanges.filter(({ changedOptions }) => changedOptions).map(sentence('has changed the options of a property')),
    ...secretsIn(rules.log ?? '', exchanges, evidence),
  ];
}

/** Only the busiest minute is told. */
function overBudget(exchanges: readonly Exchange[], { budget, burst = 0 }: JournalRules): string[] {
  if (budget === undefined) return [];
  const instants = exchanges.map(({ entry }) => entry.at).sort((a, b) => a - b);
  let first = 0;
  let most = { count: 0, from: 0 };
  for (const [last, at] of instants.entries()) {
    while ((instants[first] ?? at) <= at - WINDOW_MS) first += 1;
    const count = last - first + 1;
    if (count > most.count) most = { count, from: instants[first] ?? at };
  }
  const allowed = budget + burst;
  return most.count > allowed
    ? [`${most.count} requests within 60 s from ${instant(most.from)}, where ${allowed} are allowed.`]
    : [];
}

function duringHolds(exchanges: readonly Exchange[], { graceMs = GRACE_MS }: JournalRules): string[] {
  const holds = exchanges.flatMap(({ hold, caller, entry: { endedAt } }) =>
    hold && endedAt !== undefined ? [{ ...hold, caller, from: endedAt + graceMs }] : [],
  );
  return exchanges.flatMap((exchange) => {
    const { at } = exchange.entry;
    const held = holds.find(
      ({ ofAll, caller, from, until }) => (ofAll || caller === exchange.caller) && at > from && at < until,
    );
    return held
      ? [sentence(`was sent although Notion had asked to be left alone until ${instant(held.until)}`)(exchange)]
      : [];
  });
}

function overlappingWrites(exchanges: readonly Exchange[]): string[] {
  const writes = exchanges.filter(({ entry }) => entry.page !== undefined);
  return writes.flatMap((write, index) => {
    const other = writes.slice(0, index).find((earlier) => {
      return earlier.entry.page === write.entry.page && (earlier.ended ?? Number.POSITIVE_INFINITY) > write.began;
    });
    return other ? [sentence(`overlaps ${named(other.entry)}, which writes to the same page`)(write)] : [];
  });
}

/** Whatever may be there already is to be looked for, to the end, after the last attempt to add it that may have succeeded. */
function blindAdditions(exchanges: readonly Exchange[]): string[] {
  return exchanges.flatMap((addition, index) => {
    const { adds } = addition.facts;
    if (!adds) return [];
    const before = exchanges.slice(0, index);
    const attempt = before.findLast((earlier) => isSameAddition(earlier, addition) && mayHaveSucceeded(earlier));
    if (adds.kind === 'blocks' && (!attempt || isCertain(attempt))) return [];
    const since = attempt?.ended ?? (attempt ? Number.POSITIVE_INFINITY : 0);
    const look = before.find((earlier) => earlier.began > since && hasLookedFor(earlier, addition));
    return look
      ? []
      : [sentence(attempt ? 'adds again without a look whether it is there' : 'adds without a look')(addition)];
  });
}

function isSameAddition({ facts: { adds: one } }: Exchange, { facts: { adds: other } }: Exchange): boolean {
  if (!one || !other || one.kind !== other.kind || one.place !== other.place) return false;
  return one.kind === 'blocks' || one.marks.some((mark) => other.marks.includes(mark));
}

function hasLookedFor({ facts: { looksIn }, entry, sawLast, ended }: Exchange, { facts: { adds }, began }: Exchange) {
  if (!looksIn || !adds || looksIn.place !== adds.place || entry.status !== 200 || (ended ?? began) >= began)
    return false;
  if (adds.kind === 'blocks') return true;
  return sawLast && (looksIn.wanted === undefined || looksIn.wanted.some((wanted) => adds.marks.includes(wanted)));
}

/** Notion has said how it went, and the answer got through. */
function isCertain({ entry: { status = 0, abandoned }, isWhole }: Exchange): boolean {
  return isWhole && !abandoned && (status === 529 || (status < 500 && status !== 409));
}

function mayHaveSucceeded(exchange: Exchange): boolean {
  const { status = 0 } = exchange.entry;
  return !isCertain(exchange) || status < 400;
}

function severalPages({ references }: Evidence): string[] {
  const several = references.filter((reference, index) => references.indexOf(reference) !== index);
  return [...new Set(several)].map(
    (reference) =>
      `${references.filter((one) => one === reference).length} pages for [${reference}], where one is enough.`,
  );
}

/** Addresses that were looked for count, whether or not anybody has them. */
function secretsIn(log: string, exchanges: readonly Exchange[], { token, addresses }: Evidence): string[] {
  const known = new Set([
    ...addresses.map(fingerprintOf),
    ...exchanges.flatMap(({ facts }) => [...(facts.looksIn?.wanted ?? []), ...(facts.adds?.marks ?? [])]),
  ]);
  return log.split('\n').flatMap((line, index) => {
    const where = `Line ${index + 1} of the log`;
    const words = line.match(/[\p{L}\p{N}._+'-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*/gu) ?? [];
    return [
      ...(line.includes(token) ? [`${where} holds the token.`] : []),
      ...(words.some((word) => known.has(fingerprintOf(word))) ? [`${where} holds somebody's address.`] : []),
    ];
  });
}

function sentence(what: string): (exchange: Exchange) => string {
  return ({ entry }) => `${named(entry)} ${what}.`;
}

function named({ method, path, at }: JournalEntry): string {
  return `${method} ${path} at ${instant(at)}`;
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
