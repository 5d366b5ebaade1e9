import type { BookingPages } from '../booking.ts';
import { type Fields, fieldsOf, isTold } from './fields.ts';
import { readWebLink } from './read-location.ts';
import { firstText } from './read-text.ts';
import { isMadeUid, readIdentifier } from './read-uid.ts';

/** Where people of any organisation, or of none, are booked. */
const SHARED_SITES = new Set(['https://cal.com', 'https://app.cal.com']);

/** Where people book at the Cal.com that has this API, if that can be told: at one's own it may be anywhere. */
export function siteOfApi(baseUrl: string): string | undefined {
  return new URL(baseUrl).host === 'api.cal.com' ? 'https://cal.com' : undefined;
}

/**
 * Cal.com's own pages about a booking.
 *
 * @param uid as it was read.
 * @param site where they are if the body does not say.
 * @returns undefined when none is sure to be there.
 */
export function readPages(fields: Fields, uid: string, site: string | undefined): BookingPages | undefined {
  const root = siteIn(fields) ?? site;
  if (root === undefined || isMadeUid(uid)) return undefined;

  const seatUid = readIdentifier(fields['attendeeSeatId']);
  const seat = seatUid !== undefined && /^[\w-]{1,100}$/.test(seatUid) ? `seatReferenceUid=${seatUid}` : undefined;
  const bookAgain = readEventPath(fields, root);
  return {
    cancel: `${root}/booking/${uid}?cancel=true${seat ? `&${seat}` : ''}`,
    move: `${root}/reschedule/${uid}${seat ? `?${seat}` : ''}`,
    ...(bookAgain && { bookAgain: `${root}/${bookAgain}` }),
  };
}

/** Reading an address takes longer than all the rest of a booking, and nearly all of them have the same. */
let lastRead: { bookerUrl: unknown; site: string | undefined } = { bookerUrl: undefined, site: undefined };

function siteIn({ bookerUrl }: Fields): string | undefined {
  if (bookerUrl !== lastRead.bookerUrl) lastRead = { bookerUrl, site: readSite(bookerUrl) };
  return lastRead.site;
}

function readSite(bookerUrl: unknown): string | undefined {
  const link = readWebLink(bookerUrl);
  if (link === undefined) return undefined;
  const { origin, pathname } = new URL(link);
  return `${origin}${pathname}`.replace(/\/+$/, '');
}

/** The host's and the event type's part of its page; a team's is under a name that no body tells. */
function readEventPath({ organizer, team, schedulingType, type, title }: Fields, root: string): string | undefined {
  if (isTold(team) || isTold(schedulingType)) return undefined;
  const { usernameInOrg, username } = fieldsOf(organizer) ?? {};
  // Under the address of an organisation its people have shorter names, which are somebody else's elsewhere.
  const host = SHARED_SITES.has(root) ? firstText(username) : firstText(usernameInOrg, username);
  const slug = firstText(type);
  // Older senders write the title of the call in the slug's place.
  const isPath = [host, slug].every(
    (part) => part !== undefined && /^[\w.+-]{1,100}$/.test(part) && !/^\.+$/.test(part),
  );
  return isPath && slug !== firstText(title) ? `${host}/${slug}` : undefined;
}
