import { keyedHash } from '../keyed-hash.ts';

/** Whatever senders name things by: a text, or a number of their database. */
export function readIdentifier(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : undefined;
  return (typeof value === 'string' && value.trim()) || undefined;
}

/** The uid of a booking. One that could not be a workflow id, or that holds an address, is replaced by a hash of it. */
export function readUid(value: unknown, installationKey: string): string | undefined {
  const given = readIdentifier(value);
  if (given === undefined) return undefined;
  return /^[\w.-]{1,100}$/.test(given) ? given : keyedHash(installationKey, 'uid', [given]);
}

/** Whether the uid is one of ours, made because the sender gave none that could be used: Cal.com does not know it. */
export function isMadeUid(uid: string): boolean {
  return /^[0-9a-f]{32}$/.test(uid);
}
