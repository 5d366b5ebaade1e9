import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Environment, loadConfig } from '../src/config.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const NO_CHOICES = join(root, 'there-is-no-such-file.yaml');

/** Settings that are shown without being ours: Temporal's own tools read most of them, Docker Compose the last two. */
const NOT_OURS = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_PROFILE',
  'TEMPORAL_CONFIG_FILE',
  'TEMPORAL_CLI_PATH',
  'TEMPORAL_TEST_SERVER_PATH',
  'POSTGRES_PASSWORD',
  'PRECALL_DB_PASSWORD',
];

/** Lines such as `#PORT=8000` with their mark taken away; a comment has a space after it. */
const uncommented = (text: string) => text.replaceAll(/^#(?=\w)/gm, '');

describe('.env.example', () => {
  const example = read('.env.example');

  it('names every setting once, and no other', () => {
    const names = [...example.matchAll(/^#?(\w+)=/gm)].map(([, name]) => name);

    expect(names.toSorted()).toEqual([...Object.keys(Environment.shape), ...NOT_OURS].toSorted());
  });

  it('changes nothing when it is copied as it is', () => {
    expect(loadConfig('embedded', parseEnv(example), NO_CHOICES)).toEqual(loadConfig('embedded', {}, NO_CHOICES));
  });

  it('shows values that are valid', () => {
    const shown = parseEnv(uncommented(example));
    const ours = Object.fromEntries(
      Object.entries(shown).filter(([name, value]) => value && !NOT_OURS.includes(name!)),
    );

    expect(Environment.safeParse(ours).error).toBeUndefined();
  });

  it.each([
    'HOST',
    'PORT',
    'ALLOW_UNSIGNED_WEBHOOKS',
    'NOTION',
    'NOTION_BASE_URL',
    'NOTION_REQUESTS_PER_MINUTE',
    'RESEND_BASE_URL',
    'RESEND_REQUESTS_PER_SECOND',
    'AMBIGUOUS_MAILS',
    'CALCOM_BASE_URL',
    'RECONCILE_EVERY',
    'TRUST_BOOKINGS_FOR',
    'TIME_ZONE',
    'TESTING_MODE',
    'LOG_LEVEL',
    'TASK_QUEUE',
    'DATA_DIR',
  ] as const)('shows the default of %s', (name) => {
    const shown = parseEnv(uncommented(example))[name];

    expect(Environment.parse({ [name]: shown })[name]).toEqual(Environment.parse({})[name]);
  });
});

describe('precall.example.yaml', () => {
  const defaults = loadConfig('embedded', {}, NO_CHOICES);

  it('changes nothing when it is copied as it is', () => {
    expect(loadConfig('embedded', {}, join(root, 'precall.example.yaml'))).toEqual(defaults);
  });

  it('shows the defaults of what is commented out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'precall-choices-'));
    const file = join(folder, 'precall.yaml');
    await writeFile(file, uncommented(read('precall.example.yaml')));

    const config = loadConfig('embedded', {}, file);
    await rm(folder, { recursive: true });

    expect(config).toEqual(defaults);
  });
});
