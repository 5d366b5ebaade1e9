import { type Cells, type DatabaseSeed, demoSeed, type PropertySeed, type Seed } from './seed.ts';

export const WORLD_NAMES = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7', 'W8'] as const;

/** A workspace as one may be found, each with something that is easily got wrong. */
export type WorldName = (typeof WORLD_NAMES)[number];

const ANN = 'ann@x.ca';

/** Ann is a contact in each of them, and a member of "Christmas 2025". */
const WORLDS: Record<WorldName, () => Seed> = {
  /** Nothing special: statuses, and addresses of the type that is meant for them. */
  W1: () => seed([contact('Ann', ANN), contact('Joann', 'joann@x.ca')]),

  /** Selects and plain text, in which people write as they like. */
  W2: () => {
    const { contacts, sequence } = seed([contact('Ann', 'Ann <ANN@x.ca> ')]);
    return {
      contacts: withProperties(
        contacts,
        { name: 'email', type: 'rich_text' },
        { name: 'Booking Status', type: 'select', options: ['Booked', 'Cancelled', 'Completed', 'No-Show'] },
      ),
      sequence: {
        ...withProperties(sequence, { name: 'Email', type: 'rich_text' }, { name: 'Campaign', type: 'rich_text' }),
        rows: [{ Name: 'Ann', Email: ' ANN@x.ca', Campaign: 'Christmas 2025' }],
      },
    };
  },

  /** A contacts database with several data sources. */
  W3: () => {
    const { contacts, sequence } = seed([contact('Ann', ANN)]);
    return { contacts: { ...contacts, otherSources: ['Archive of 2024', 'Suppliers'] }, sequence };
  },

  /** Ann twice, and once more in the trash. */
  W4: () => {
    const { contacts, sequence } = seed([contact('Ann', ANN), contact('Ann again', 'ANN@x.ca')]);
    return { contacts: { ...contacts, trashed: [contact('Ann, gone', ANN)] }, sequence };
  },

  /** So many contacts with the same domain that they do not fit into one answer. */
  W5: () => {
    const crowd = Array.from({ length: 128 }, (_, index) => contact(`Person ${index}`, `person${index}@x.ca`));
    return seed([...crowd, contact('Joann', 'joann@x.ca'), contact('Ann', ANN)]);
  },

  /** Properties of the wrong types, and options that are missing or nearly right. */
  W6: () => {
    const { contacts, sequence } = seed([{ Name: 'Ann' }]);
    return {
      contacts: withProperties(
        contacts,
        { name: 'email', type: 'people' },
        { name: 'Booking Status', type: 'status', options: ['Not booked', 'booked ', 'Done'] },
        { name: 'Diagnostic Call Date', type: 'rich_text' },
        { name: 'Christmas Campaign Status', type: 'select', options: ['Emails running', 'Won'] },
      ),
      sequence: {
        ...withProperties(sequence, { name: 'Campaign', type: 'number' }),
        rows: [{ Name: 'Ann', Email: ANN, Campaign: 2025 }],
      },
    };
  },

  /** A sequence that names its contact instead of an address, and notes each of its mails in another way. */
  W7: () => {
    const { contacts, sequence } = seed([contact('Ann', ANN), contact('Joann', 'joann@x.ca')]);
    const [name, , ...others] = sequence.properties;
    return {
      contacts,
      sequence: {
        ...withProperties(
          {
            ...sequence,
            properties: [
              ...(name ? [name] : []),
              { name: 'Contact', type: 'relation', to: contacts.title },
              { name: 'Address', type: 'rollup', through: 'Contact', of: 'email' },
              { name: 'Label', type: 'formula', expression: 'lower(prop("Name"))' },
              ...others,
            ],
          },
          { name: 'Email 2 Sent', type: 'checkbox' },
          { name: 'Email 3 Sent', type: 'rich_text' },
          { name: 'Email 4 Sent', type: 'created_time' },
        ),
        rows: [
          {
            Name: 'Row of Ann',
            Contact: ['Ann'],
            Campaign: 'Christmas 2025',
            'Email 1 Sent': '2025-12-01',
            'Email 2 Sent': true,
            'Email 3 Sent': '2025-12-05T08:00:00Z',
          },
          { Name: 'Row of Joann', Contact: ['Joann'], Campaign: 'Spring 2026' },
        ],
      },
    };
  },

  /** A contact with so much on their page that a page below all that is not in the first answer. */
  W8: () => {
    const { contacts, sequence } = seed([contact('Ann', ANN)]);
    const paragraphs = Array.from({ length: 250 }, (_, index) => `Note ${index + 1}`);
    return {
      contacts: { ...contacts, contents: [{ row: 0, paragraphs, childPages: ['Call prep 2025-12-10 [0123456789]'] }] },
      sequence,
    };
  },
};

export function worldSeed(name: WorldName): Seed {
  return WORLDS[name]();
}

function contact(name: string, email: string): Cells {
  return { Name: name, email };
}

/** The demo's databases with other people in them. */
function seed(contacts: Cells[]): Seed {
  const demo = demoSeed();
  return {
    contacts: { ...demo.contacts, rows: contacts },
    sequence: {
      ...demo.sequence,
      rows: [{ Name: 'Ann', Email: ANN, Campaign: 'Christmas 2025', 'Email 1 Sent': '2025-12-01' }],
    },
  };
}

/** The same with some properties of other types. */
function withProperties(database: DatabaseSeed, ...others: PropertySeed[]): DatabaseSeed {
  const properties = database.properties.map((own) => others.find(({ name }) => name === own.name) ?? own);
  return { ...database, properties };
}
