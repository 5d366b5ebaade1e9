import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exclusively } from '../src/dev/provision/exclusively.ts';

/**
 * Runs before `npm run server` and `npm run worker`: builds when `dist` is older than the sources. The two are often
 * started together, so one builds while the other waits, and neither runs half a build.
 */
const root = join(import.meta.dirname, '..');
const lastBuilt = join(root, 'dist', 'workflow-bundle.js');

await exclusively(
  join(root, 'dist'),
  () => undefined,
  async () => {
    if (existsSync(lastBuilt) && statSync(lastBuilt).mtimeMs > newestSource()) return;
    const [status] = await once(spawn('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }), 'close');
    if (status !== 0) process.exit(1);
  },
);

function newestSource(): number {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
    join(root, 'src', file),
  );
  return Math.max(...[...sources, join(root, 'package-lock.json')].map((file) => statSync(file).mtimeMs));
}
