import { createHash } from 'node:crypto';
import type { Answer } from './answers.ts';

/**
 * What a request means to the assertions. Texts that people or their addresses could be recognized by are there as fingerprints only;
 * ids are as the world has them.
 */
export interface RequestFacts {
  /** Where it looks for something: a data source, or what holds the children. */
  looksIn?: Lookup;
  /** Where it adds something. */
  adds?: Addition;
  /** The page or block that it changes. */
  changes?: string;
  hasEmptyTextFilter: boolean;
  isSchemaWrite: boolean;
}

export interface Lookup {
  place: string;
  /** The texts that it looks for; absent where it asks for everything. */
  wanted?: readonly string[];
}

export interface Addition {
  kind: 'row' | 'page' | 'blocks';
  place: string;
  /** What it could have been found by: the address in a row, else its texts; the reference, else the title, of a page. */
  marks: readonly string[];
}

export interface SentRequest {
  method: string;
  path: string;
  body: Buffer;
}

/** Conditions that look for a text. */
const TEXT_OPERATORS = ['equals', 'contains', 'starts_with', 'ends_with'];
const NEGATED = ['does_not_equal', 'does_not_contain'];

export function factsOf({ method, path, body }: SentRequest): RequestFacts {
  const [, kind = '', id = '', part = ''] = /^\/v1\/(\w+)(?:\/([^/]+))?(?:\/(\w+))?/.exec(path) ?? [];
  const place = idIn(id);
  const sent = jsonOf(body);
  const changed = pageChanged(method, kind, place);
  const facts = {
    hasEmptyTextFilter: operandsIn(sent['filter'], [...TEXT_OPERATORS, ...NEGATED]).some((text) => text.trim() === ''),
    isSchemaWrite: method !== 'GET' && part !== 'query' && ['databases', 'data_sources'].includes(kind),
    ...(changed && { changes: changed }),
  };

  if (kind === 'data_sources' && part === 'query') return { ...facts, looksIn: lookupOf(place, sent['filter']) };
  if (kind === 'blocks' && part === 'children' && method === 'GET') return { ...facts, looksIn: { place } };
  if (kind === 'blocks' && part === 'children') return { ...facts, adds: { kind: 'blocks', place, marks: [] } };
  if (kind === 'pages' && method === 'POST') return { ...facts, ...additionOf(sent) };
  return facts;
}

/** Whether the answer to a look-up was the last of its kind, and nothing was left out: whatever it does not show is not there. */
export function isLastOf({ body }: Answer): boolean {
  const { has_more, request_status } = asJson(body);
  return has_more === false && asJson(request_status)['type'] !== 'incomplete';
}

/** What stands in brackets in the title of a child page, by which it is found again. */
export function referenceIn(title: string): string | undefined {
  return [...title.matchAll(/\[([^[\]\s]+)\]/g)].at(-1)?.[1];
}

/** The same for texts that differ only in case and surrounding space. */
export function fingerprintOf(text: string): string {
  return createHash('sha256').update(text.trim().toLowerCase()).digest('base64url');
}

/** With dashes, as the world has it; a caller may leave them out. */
export function idIn(text: string): string {
  return text.replaceAll('-', '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function pageChanged(method: string, kind: string, id: string): string | undefined {
  if (id === '' || !['PATCH', 'DELETE'].includes(method)) return undefined;
  return kind === 'pages' || kind === 'blocks' ? id : undefined;
}

function lookupOf(place: string, filter: unknown): Lookup {
  return filter === undefined ? { place } : { place, wanted: operandsIn(filter, TEXT_OPERATORS).map(fingerprintOf) };
}

function additionOf({ parent, properties }: Json): { adds: Addition; changes?: string } | undefined {
  const { data_source_id: source, page_id: page } = asJson(parent);
  if (typeof source === 'string') return { adds: { kind: 'row', place: idIn(source), marks: marksOfRow(properties) } };
  if (typeof page !== 'string') return undefined;
  const title = textsIn(properties).join('');
  const marks = [fingerprintOf(referenceIn(title) ?? title)];
  return { adds: { kind: 'page', place: idIn(page), marks }, changes: idIn(page) };
}

/** Several people may have the same name, but not the same address. */
function marksOfRow(properties: unknown): string[] {
  const texts = textsIn(properties);
  const addresses = texts.filter((text) => text.includes('@'));
  return (addresses.length > 0 ? addresses : texts).map(fingerprintOf);
}

/** What text conditions compare with, however deep they are nested. */
function operandsIn(filter: unknown, operators: readonly string[]): string[] {
  return Object.entries(asJson(filter)).flatMap(([key, value]) => {
    if (typeof value === 'string') return operators.includes(key) ? [value] : [];
    return operandsIn(value, operators);
  });
}

/** What was typed into properties. */
function textsIn(properties: unknown): string[] {
  return Object.entries(asJson(properties)).flatMap(([key, value]) => {
    if (typeof value === 'string') return ['content', 'email', 'url', 'phone_number'].includes(key) ? [value] : [];
    return textsIn(value);
  });
}

type Json = Record<string, unknown>;

function jsonOf(body: Buffer): Json {
  try {
    return asJson(JSON.parse(body.toString('utf8')));
  } catch {
    return {};
  }
}

function asJson(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
