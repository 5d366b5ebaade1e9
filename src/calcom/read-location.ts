import { z } from 'zod';
import { type Fields, fieldsOf } from './fields.ts';
import { firstText } from './read-text.ts';

const WebLink = z.url({ protocol: /^https?$/ }).max(2_000);

/** The link that opens the call, as it is mailed. The raw room of Cal Video comes last: it needs a token. */
export function readJoinUrl(fields: Fields): string | undefined {
  const candidates = [
    fieldsOf(fields['metadata'])?.['videoCallUrl'],
    fields['location'],
    fieldsOf(fields['videoCallData'])?.['url'],
  ];
  return candidates.map(readWebLink).find((url) => url !== undefined);
}

export function readWebLink(value: unknown): string | undefined {
  const { data } = WebLink.safeParse(value);
  // The parser's own spelling: no blanks, control characters or bidi marks are left in it.
  return data && new URL(data).href;
}

/** `integrations:zoom` and its like name a provider, not a place. */
export function readPlace(value: unknown): string | undefined {
  const place = firstText(value);
  return place && !/^(integrations|conferencing|https?):/i.test(place) ? place : undefined;
}
