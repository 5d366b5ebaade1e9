import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The operations there are, and the client's own type for what each answers. */
export const OPERATIONS: readonly (readonly [method: string, path: RegExp, type: string])[] = [
  ['GET', /^\/v1\/users\/me$/, 'GetSelfResponse'],
  ['POST', /^\/v1\/search$/, 'SearchResponse'],
  ['POST', /^\/v1\/databases$/, 'CreateDatabaseResponse'],
  ['GET', /^\/v1\/databases\/[^/]+$/, 'GetDatabaseResponse'],
  ['GET', /^\/v1\/data_sources\/[^/]+$/, 'GetDataSourceResponse'],
  ['POST', /^\/v1\/data_sources\/[^/]+\/query$/, 'QueryDataSourceResponse'],
  ['POST', /^\/v1\/pages$/, 'CreatePageResponse'],
  ['GET', /^\/v1\/pages\/[^/]+$/, 'GetPageResponse'],
  ['PATCH', /^\/v1\/pages\/[^/]+$/, 'UpdatePageResponse'],
  ['GET', /^\/v1\/pages\/[^/]+\/properties\/[^/]+$/, 'GetPagePropertyResponse'],
  ['GET', /^\/v1\/blocks\/[^/]+\/children$/, 'ListBlockChildrenResponse'],
  ['PATCH', /^\/v1\/blocks\/[^/]+\/children$/, 'AppendBlockChildrenResponse'],
  ['PATCH', /^\/v1\/blocks\/[^/]+$/, 'UpdateBlockResponse'],
  ['DELETE', /^\/v1\/blocks\/[^/]+$/, 'DeleteBlockResponse'],
];

/** Folders of the packages that schemas are made of and by. */
export const CLIENT = folderOf('@notionhq/client');
const GENERATOR = folderOf('ts-json-schema-generator');

/** Where they are kept for as long as neither of the two, nor the types that are wanted, change. */
export const SCHEMAS_FILE = join(
  import.meta.dirname,
  '../../node_modules/.cache/precall',
  `notion-${hashOf([versionIn(CLIENT), versionIn(GENERATOR), ...OPERATIONS.map(([, , type]) => type)])}.json`,
);

/** One JSON schema, which has each type among its definitions. */
export function readSchemas(): string {
  return readFileSync(SCHEMAS_FILE, 'utf8');
}

function hashOf(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join()).digest('hex').slice(0, 16);
}

function versionIn(folder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}

/** Not every package lets its manifest be asked for. */
function folderOf(name: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const folder = paths.map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')));
  if (folder === undefined) throw new Error(`${name} is not installed`);
  return folder;
}
