import type { MailSenderOptions } from '../../src/activities/mail-sender.ts';
import { createMailRenderer, type MailRenderer, SHIPPED_TEMPLATES_DIR } from '../../src/email/mail-renderer.ts';
import { createLinks } from '../../src/link.ts';
import { createPersonOf } from '../../src/person.ts';

export const PUBLIC_URL = 'https://precall.example.com';
export const INSTALLATION_KEY = 'the installation key of these tests';

/** What mails are made of: the real mails and links, and nobody who wants none. */
export type MailParts = Pick<MailSenderOptions, 'renderer' | 'links' | 'personOf' | 'suppressions' | 'calendarFrom'>;

let renderer: MailRenderer | undefined;

export function createMailParts(): MailParts {
  // Reading and trying out all mails takes a while, and nothing changes them.
  renderer ??= createMailRenderer({ templatesDir: SHIPPED_TEMPLATES_DIR, fallbackTimeZone: 'UTC' });
  return {
    renderer,
    links: createLinks({ installationKey: INSTALLATION_KEY, publicUrl: PUBLIC_URL }),
    personOf: createPersonOf(INSTALLATION_KEY),
    suppressions: { reasonFor: async () => undefined },
    calendarFrom: { name: 'Precall', email: 'calls@example.com' },
  };
}
