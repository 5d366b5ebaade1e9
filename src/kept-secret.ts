import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cipher, createCipher, type KeyRing } from './cipher.ts';
import type { Config } from './config.ts';
import { createWhole } from './create-whole.ts';
import { parseKeyRing } from './key-ring.ts';
import { OperatorError } from './operator-error.ts';

/**
 * The secret that seat ids, derived uids and Message-IDs hang on. It must be the same in every process and never change;
 * without the setting it is made once and kept in `DATA_DIR`, where the other processes of this machine find it.
 */
export function installationKeyOf({ installationKey, dataDir }: Pick<Config, 'installationKey' | 'dataDir'>): string {
  return installationKey ?? keptSecret(dataDir, 'installation-key');
}

/** What encrypts all that is kept; where no keys are set, with one that is made once and kept in `DATA_DIR`. */
export function cipherOf({ encryptionKeys, dataDir }: Pick<Config, 'encryptionKeys' | 'dataDir'>): Cipher {
  return createCipher(encryptionKeys ?? (parseKeyRing(keyRingOf(keptSecret(dataDir, 'encryption-key'))) as KeyRing));
}

/** A key that was kept in `DATA_DIR`, in the form of ENCRYPTION_KEYS: in its file it has no id. */
export function keyRingOf(keptKey: string): string {
  return `kept:${keptKey}`;
}

/**
 * A secret that is made when it is first asked for and kept in a file of this name.
 *
 * @throws {OperatorError} when the file holds none.
 * @throws {Error} when the file cannot be made or read.
 */
export function keptSecret(dataDir: string, name: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, name);
  createWhole(file, randomBytes(32).toString('base64'));
  const secret = readFileSync(file, 'utf8').trim();
  // An empty key would quietly make every hash guessable.
  if (secret.length < 32)
    throw new OperatorError(`${file} holds no secret: put back the one it held, or remove the file.`);
  return secret;
}
