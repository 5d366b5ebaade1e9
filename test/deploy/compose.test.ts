import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  image: string;
  restart: string;
  profiles?: string[];
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: (string | { type: string; source: string; read_only?: boolean })[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  [hardening: string]: unknown;
}

interface ComposeFile {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

const compose: ComposeFile = parse(readFileSync('docker-compose.temporal.yml', 'utf8'), { merge: true });
const services = Object.entries(compose.services);

function service(name: string): Service {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.temporal.yml has no service ${name}`);
  return found;
}

function ofProfile(profile: string): string[] {
  return services.filter(([, { profiles }]) => profiles?.includes(profile)).map(([name]) => name);
}

/** The names of the services that this one waits for, by what it waits for. */
function waitsFor(name: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service(name).depends_on ?? {}).map(([awaited, { condition }]) => [awaited, condition]),
  );
}

describe('docker-compose.temporal.yml', () => {
  it('brings up Temporal on PostgreSQL, and Precall only when its profile is asked for', () => {
    const ordinary = services.filter(([, { profiles }]) => !profiles).map(([name]) => name);

    expect(ordinary).toEqual(['postgresql', 'temporal-schema', 'temporal', 'temporal-init', 'temporal-ui']);
    expect(ofProfile('app')).toEqual(['precall-database', 'precall-server', 'precall-worker']);
  });

  it('shows names and addresses in the Temporal UI only when that is asked for', () => {
    expect(ofProfile('codec')).toEqual(['precall-codec']);
    expect(service('temporal-ui').environment).not.toHaveProperty('TEMPORAL_CODEC_ENDPOINT');
  });

  it('publishes ports on the loopback address only', () => {
    const published = services.flatMap(([, { ports }]) => ports ?? []);

    expect(published).toHaveLength(4);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it.each(services)('gives %s an image of one version, or builds it', (_name, { image, build }) => {
    expect(build === '.' ? 'built here' : image).toMatch(/^(built here|[\w/-]+:\d[\d.]*)$/);
  });

  it("uses the server's own version of the tools that create Precall's database", () => {
    expect(service('precall-database').image).toBe(service('postgresql').image);
  });

  it("uses the server's own version of the tools that set up its schema", () => {
    const [, version] = service('temporal').image.split(':');

    expect(service('temporal-schema').image).toBe(`temporalio/admin-tools:${version}`);
    expect(service('temporal-init').image).toBe(`temporalio/admin-tools:${version}`);
  });

  it('holds no secret: each comes from the environment, and its absence is an error', () => {
    const secrets = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(([name]) => /PASSWORD|PWD|SECRET|TOKEN|KEY|DATABASE_URL/.test(name)),
    );

    expect(secrets.map(([name]) => name)).toEqual(expect.arrayContaining(['POSTGRES_PWD', 'DATABASE_URL']));
    for (const [name, value] of secrets) {
      const secret =
        name === 'DATABASE_URL'
          ? /^postgresql:\/\/precall:(.+)@postgresql:5432\/precall$/.exec(`${value}`)?.[1]
          : value;
      expect(secret).toMatch(/^$|^\$\{(POSTGRES_PASSWORD|PRECALL_DB_PASSWORD):\?.+\}$/);
    }
  });

  it('keeps the database and the installation key in named volumes', () => {
    expect(service('postgresql').volumes).toContain('postgresql-data:/var/lib/postgresql/data');
    expect(service('precall-server').volumes).toContain('precall-data:/data');
    expect(Object.keys(compose.volumes)).toEqual(['postgresql-data', 'precall-data']);
  });

  it('starts everything in order: database, schema, server, namespace, Precall', () => {
    expect(waitsFor('precall-database')).toEqual({ postgresql: 'service_healthy' });
    expect(waitsFor('temporal-schema')).toEqual({ postgresql: 'service_healthy' });
    expect(waitsFor('temporal')).toEqual({
      postgresql: 'service_healthy',
      'temporal-schema': 'service_completed_successfully',
    });
    expect(waitsFor('temporal-init')).toEqual({ temporal: 'service_healthy' });
    expect(waitsFor('temporal-ui')).toEqual({ temporal: 'service_healthy' });
    expect(waitsFor('precall-worker')).toEqual({
      'precall-database': 'service_completed_successfully',
      'temporal-init': 'service_completed_successfully',
    });
  });

  it('takes webhooks while Temporal is not there', () => {
    expect(waitsFor('precall-server')).toEqual({ 'precall-database': 'service_completed_successfully' });
  });

  it('checks the health of what others wait for, and of the server that Cal.com calls', () => {
    const checked = services.filter(([, { healthcheck }]) => healthcheck).map(([name]) => name);

    expect(checked).toEqual(['postgresql', 'temporal', 'precall-server']);
  });

  it('repeats the one-shot jobs when they fail and restarts everything else', () => {
    const jobs = services.filter(([, { restart }]) => restart === 'on-failure:5').map(([name]) => name);
    const others = services.filter(([, { restart }]) => restart === 'unless-stopped').map(([name]) => name);

    expect(jobs).toEqual(['precall-database', 'temporal-schema', 'temporal-init']);
    expect([...jobs, ...others]).toHaveLength(services.length);
  });

  it('mounts only files that are there', () => {
    const mounted = services
      .flatMap(([, { volumes }]) => volumes ?? [])
      .filter((volume) => typeof volume === 'string')
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((source) => source.startsWith('.'));
    const scripts = ['temporal-schema', 'temporal-init'].map((name) => service(name).entrypoint?.[1] ?? '');
    const inside = [...scripts, service('temporal').environment?.['DYNAMIC_CONFIG_FILE_PATH']];

    expect(new Set(mounted)).toEqual(new Set(['./deploy/postgresql', './deploy/temporal']));
    for (const path of inside) {
      expect(String(path).replace('/etc/precall/', 'deploy/temporal/')).toSatisfy(existsSync);
    }
    const [, script = ''] = service('precall-database').entrypoint ?? [];
    expect(script.replace('/etc/precall/', 'deploy/postgresql/')).toSatisfy(existsSync);
  });

  describe.each([
    ['precall-server', 'server'],
    ['precall-worker', 'worker'],
    ['precall-codec', 'codec-server'],
  ])('%s', (name, part) => {
    it('runs its part of the one image', () => {
      expect(service(name)).toMatchObject({ image: 'precall', command: ['node', 'dist/cli/precall.js', part] });
    });

    it('can write nowhere but to its data and /tmp, as a user without rights', () => {
      expect(service(name)).toMatchObject({
        user: '1000:1000',
        read_only: true,
        tmpfs: ['/tmp'],
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    });

    it('has the time to finish what it is doing', () => {
      expect(service(name)).toMatchObject({ init: true, stop_grace_period: '40s' });
    });

    it("uses this Temporal, this database and the shared data folder whatever .env says, and never sees Temporal's password", () => {
      expect(service(name)).toMatchObject({
        env_file: '.env',
        environment: {
          HOST: '0.0.0.0',
          PORT: 8000,
          TZ: 'UTC',
          DATA_DIR: '/data',
          TEMPORAL_ADDRESS: 'temporal:7233',
          DATABASE_URL: expect.stringMatching(/@postgresql:5432\/precall$/),
          POSTGRES_PASSWORD: '',
        },
      });
    });
  });
});
