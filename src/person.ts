import { keyedHash } from './keyed-hash.ts';

/**
 * Names a person without saying who it is: the same address, in whatever case, has the same name.
 *
 * @param installationKey only who has it can tell whom a name stands for.
 */
export function createPersonOf(installationKey: string): (address: string) => string {
  return (address) => keyedHash(installationKey, 'person', [address.toLowerCase()]);
}
