import { InvalidArgumentError } from 'commander';
import { isOneAddress } from '../address.ts';
import { type Mailbox, parseMailbox } from '../email/mailbox.ts';

/** Reads an argument that names whom a mail goes to. */
export function oneMailbox(text: string): Mailbox {
  const box = parseMailbox(text);
  if (isOneAddress(box.email)) return box;
  throw new InvalidArgumentError('expected one address, such as calls@example.com');
}
