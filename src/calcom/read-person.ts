import { isOneAddress } from '../address.ts';
import { isTimeZone } from '../config.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { firstText } from './read-text.ts';

export function readName(fields: Fields): string {
  const { name } = fields;
  return firstText(name, joinedName(fieldsOf(name) ?? {}), joinedName(fields)) ?? '';
}

export function readAddress(value: unknown): string | undefined {
  const address = typeof value === 'string' ? value.trim().normalize('NFC') : '';
  return isOneAddress(address) ? address : undefined;
}

export function readTimeZone(value: unknown): string | undefined {
  return typeof value === 'string' && isTimeZone(value) ? value : undefined;
}

function joinedName({ firstName, lastName }: Fields): string {
  return [firstName, lastName].filter((part) => typeof part === 'string').join(' ');
}
