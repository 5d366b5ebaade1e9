import { existsSync } from 'node:fs';

/** Takes settings from `.env` in the working directory, if it is there. What the environment says already wins. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile();
}
