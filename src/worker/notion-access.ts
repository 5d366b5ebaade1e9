import type { Logger } from 'pino';
import type { Config, NotionSettings } from '../config.ts';
import type { BeginAsking } from '../notion/ask.ts';
import { createBeginAsking } from '../notion/create-ask.ts';
import type { Store } from '../store/store.ts';

/** Notion, as a whole process asks it: whoever does keeps to the same pace, and waits for the same few places. */
export interface NotionAccess {
  settings: NotionSettings;
  begin: BeginAsking;
}

export interface NotionAccessOptions extends Pick<Config, 'notionChoices'> {
  notion: NotionSettings | 'off';
  store: Pick<Store, 'notionPace'>;
  log: Logger;
}

/** One for each process. */
export function notionAccessOf({ notion, notionChoices, store, log }: NotionAccessOptions): NotionAccess | 'off' {
  if (notion === 'off') return notion;
  const { token, baseUrl } = notion;
  const { requestsPerMinute } = notionChoices;
  const begin = createBeginAsking({
    token,
    baseUrl,
    pace: store.notionPace({ token, requestsPerMinute }),
    log,
    onRequest: (request) => log.debug(request, 'asked Notion'),
  });
  return { settings: notion, begin };
}
