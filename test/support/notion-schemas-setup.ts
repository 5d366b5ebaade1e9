import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CLIENT, OPERATIONS, SCHEMAS_FILE } from './notion-schemas.ts';

/**
 * Makes the schemas that answers of Notion are compared with, out of the declarations of Notion's own client. That takes seconds, and
 * a compiler, so it is done once and not by each test file.
 */
export async function setup(): Promise<void> {
  if (existsSync(SCHEMAS_FILE)) return;
  const { createGenerator } = await import('ts-json-schema-generator');
  const generator = createGenerator({
    path: join(CLIENT, 'build/src/api-endpoints/*.d.ts'),
    tsconfig: join(import.meta.dirname, 'notion-client.tsconfig.json'),
    skipTypeCheck: true,
    // Whatever a type does not mention is refused.
    additionalProperties: false,
    expose: 'all',
    topRef: false,
  });
  const definitions = OPERATIONS.map(([, , type]) => {
    const { definitions: needed, $schema: _, ...own } = generator.createSchema(type);
    return { ...needed, [type]: own };
  });

  mkdirSync(dirname(SCHEMAS_FILE), { recursive: true });
  // Whole or not at all: another run may be looking for it.
  const draft = `${SCHEMAS_FILE}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ definitions: Object.assign({}, ...definitions) as object }));
  renameSync(draft, SCHEMAS_FILE);
}
