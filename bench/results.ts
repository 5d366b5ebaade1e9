import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Keeps all figures of a run beside what it ran on, as JSON. Says where. */
export async function keepResults(
  name: string,
  { startedAt, ...results }: { startedAt: Date; [figure: string]: unknown },
): Promise<void> {
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory: totalmem(),
    platform: platform(),
    kernel: release(),
    arch: arch(),
  };
  const whole = { startedAt, machine, node: process.version, loadAverage: loadavg(), ...results };

  const folder = fileURLToPath(new URL('./results', import.meta.url));
  const file = `${folder}/${name}-${startedAt.toISOString().replace(/[:.]/g, '-')}.json`;
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(whole, null, 2)}\n`);
  console.log(`\nKept in ${file}`);
}
