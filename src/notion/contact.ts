import type { UpdatePageParameters } from '@notionhq/client';
import { NotionRefusal } from './errors.ts';
import { type Cell, cellOf, type Row } from './rows.ts';
import { type DataSource, type Field, findOption, findProperty } from './schema.ts';

/** What a booking says about its attendee's contact; an absent field is left as it is. */
export interface ContactFields {
  bookingStatus: 'Booked' | 'Cancelled' | 'Completed' | 'No-Show';
  /** Calendar day, YYYY-MM-DD. */
  callDate?: string;
  campaignStatus?: 'Pre-Call Prep';
}

/** What we read and write in the contacts database. */
export const CONTACT = {
  email: { name: 'email', types: ['email', 'rich_text', 'title'] },
  bookingStatus: { name: 'Booking Status', types: ['status', 'select'] },
  callDate: { name: 'Diagnostic Call Date', types: ['date'] },
  campaignStatus: { name: 'Christmas Campaign Status', types: ['status', 'select'] },
} as const satisfies Record<string, Field>;

/** A field Notion has no place for, although the others could be written. */
export interface LeftField {
  field: 'campaignStatus';
  refusal: NotionRefusal;
}

export interface UpdatePlan {
  /** Only what differs, under the names the contact's page has now. */
  properties: Properties;
  left: LeftField[];
}

type Properties = NonNullable<UpdatePageParameters['properties']>;

/**
 * What to write so that the contact says what is wanted; nothing that it says already, because every edit sets off the
 * operator's own Notion automations.
 *
 * @throws {NotionRefusal} property_missing, property_unsupported, option_missing for booking status and call date. The
 *   campaign status is a convenience: where it has no place it is left out.
 */
export function planUpdate(contact: Row, source: DataSource, wanted: ContactFields): UpdatePlan {
  const properties: Properties = { ...optionWrite(contact, source, CONTACT.bookingStatus, wanted.bookingStatus) };
  const left: LeftField[] = [];

  if (wanted.callDate !== undefined) {
    const cell = cellOf(contact, findProperty(source, CONTACT.callDate), source.title);
    if (cell.type === 'date' && cell.date?.start !== wanted.callDate) {
      properties[cell.name] = { date: { start: wanted.callDate } };
    }
  }
  if (wanted.campaignStatus !== undefined) {
    try {
      Object.assign(properties, optionWrite(contact, source, CONTACT.campaignStatus, wanted.campaignStatus));
    } catch (error) {
      if (!(error instanceof NotionRefusal)) throw error;
      left.push({ field: 'campaignStatus', refusal: error });
    }
  }
  return { properties, left };
}

/** @throws {NotionRefusal} as `planUpdate` does. */
export function saysAlready(contact: Row, source: DataSource, expected: ContactFields): boolean {
  return Object.keys(planUpdate(contact, source, expected).properties).length === 0;
}

function optionWrite(contact: Row, source: DataSource, field: Field, wanted: string): Properties {
  const property = findProperty(source, field);
  const { id } = findOption(property, wanted, source.title);
  const cell = cellOf(contact, property, source.title);
  if (optionIdOf(cell) === id) return {};
  return { [cell.name]: cell.type === 'status' ? { status: { id } } : { select: { id } } };
}

function optionIdOf(cell: Cell): string | undefined {
  if (cell.type === 'status') return cell.status?.id;
  return cell.type === 'select' ? cell.select?.id : undefined;
}
