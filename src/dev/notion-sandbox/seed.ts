import type { PropertyType } from './world.ts';

/** A database as a person would draw it. Options by name, dates as YYYY-MM-DD; what a row leaves out is empty. */
export interface DatabaseSeed {
  title: string;
  properties: PropertySeed[];
  rows: Cells[];
}

export interface PropertySeed {
  name: string;
  type: PropertyType;
  options?: string[];
}

export type Cells = Record<string, string | string[] | boolean | null>;

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
