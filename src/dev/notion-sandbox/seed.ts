import type { PropertyType, StatusGroup } from './world.ts';

/** A database as a person would draw it. Options by name, dates as YYYY-MM-DD; what a row leaves out is empty. */
export interface DatabaseSeed {
  title: string;
  properties: PropertySeed[];
  /** Oldest first; a minute lies between one and the next. */
  rows: Cells[];
  /** Rows in the trash, older than the others. */
  trashed?: Cells[];
  /** Names of further data sources in the same database. */
  otherSources?: string[];
  contents?: ContentSeed[];
}

export interface PropertySeed {
  name: string;
  type: PropertyType;
  options?: string[];
  /** Status options that are in another group than "To-do". */
  groups?: Record<string, StatusGroup>;
  /** Of a relation: the title of the database with the related rows, which is there already. */
  to?: string;
  /** Of a formula, such as `lower(prop("email"))`. */
  expression?: string;
  /** Of a rollup: a relation of the same database, and a property of the related rows. */
  through?: string;
  of?: string;
}

/** What is written on the page of a row: paragraphs, then pages with nothing but a title. */
export interface ContentSeed {
  /** Counted from 0. */
  row: number;
  paragraphs: string[];
  childPages: string[];
}

export type Cells = Record<string, string | string[] | boolean | number | null>;

export interface Seed {
  contacts: DatabaseSeed;
  sequence: DatabaseSeed;
}

const PEOPLE = [
  { Name: 'Ada Moreau', email: 'ada.moreau@example.com' },
  { Name: 'Bruno Keller', email: 'bruno.keller@example.com' },
  { Name: 'Chiara Lindt', email: 'chiara.lindt@example.com' },
  { Name: 'Dev Anand', email: 'dev.anand@example.com' },
  { Name: 'Elif Demir', email: 'elif.demir@example.com' },
];

/** The business as it stands before anybody books: five contacts, one of them in the Christmas campaign. */
export function demoSeed(): Seed {
  return {
    contacts: {
      title: 'BusinessX',
      properties: [
        { name: 'Name', type: 'title' },
        { name: 'email', type: 'email' },
        {
          name: 'Booking Status',
          type: 'status',
          options: ['Not booked', 'Booked', 'Cancelled', 'Completed', 'No-Show'],
          groups: { Cancelled: 'Complete', Completed: 'Complete', 'No-Show': 'Complete' },
        },
        { name: 'Diagnostic Call Date', type: 'date' },
        {
          name: 'Christmas Campaign Status',
          type: 'select',
          options: ['Emails running', 'Replied', 'Pre-Call Prep', 'Won', 'Lost'],
        },
      ],
      rows: PEOPLE.map((person, index) => ({
        ...person,
        'Christmas Campaign Status': index === 0 ? 'Emails running' : null,
      })),
    },
    sequence: {
      title: 'Email Sequence',
      properties: [
        { name: 'Name', type: 'title' },
        { name: 'Email', type: 'email' },
        { name: 'Campaign', type: 'select', options: ['Christmas 2025', 'Spring 2026'] },
        ...[1, 2, 3, 4, 5, 6, 7].map((step) => ({ name: `Email ${step} Sent`, type: 'date' as const })),
      ],
      rows: [
        {
          Name: 'Ada Moreau',
          Email: 'ada.moreau@example.com',
          Campaign: 'Christmas 2025',
          'Email 1 Sent': '2025-12-01',
          'Email 2 Sent': '2025-12-04',
        },
        {
          Name: 'Bruno Keller',
          Email: 'bruno.keller@example.com',
          Campaign: 'Spring 2026',
          'Email 1 Sent': '2026-03-02',
        },
      ],
    },
  };
}
