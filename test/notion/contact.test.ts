import { Client } from '@notionhq/client';
import { describe, expect, it } from 'vitest';
import { DEFAULT_NOTION_CHOICES } from '../../src/config.ts';
import type { NotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import type { ContactFields } from '../../src/notion/notion.ts';
import {
  ANN,
  addAnn,
  addToCampaign,
  connect,
  emptySeed,
  rejectionOf,
  rowOf,
  useSandbox,
  withProperties,
  writesTo,
} from './support.ts';

const booked = {
  bookingStatus: 'Booked',
  callDate: '2025-12-10',
  campaignStatus: 'Pre-Call Prep',
} as const satisfies ContactFields;

describe('updateContact', () => {
  const start = useSandbox();

  it('writes all fields in one request', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox);

    await expect(connect(sandbox).updateContact(ANN, booked)).resolves.toEqual({
      outcome: 'updated',
      pageId: ann,
      left: [],
    });

    expect(rowOf(sandbox, ann)).toEqual({
      Name: 'Ann',
      email: ANN,
      'Booking Status': 'Booked',
      'Diagnostic Call Date': '2025-12-10',
      'Christmas Campaign Status': 'Pre-Call Prep',
    });
    expect(writesTo(sandbox)).toHaveLength(1);
  });

  it('leaves fields it is not told about as they are', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox, { 'Christmas Campaign Status': 'Replied', 'Diagnostic Call Date': '2025-11-01' });

    await connect(sandbox).updateContact(ANN, { bookingStatus: 'Cancelled' });

    expect(rowOf(sandbox, ann)).toMatchObject({
      'Booking Status': 'Cancelled',
      'Diagnostic Call Date': '2025-11-01',
      'Christmas Campaign Status': 'Replied',
    });
  });

  it('sends only what differs', async () => {
    const sandbox = await start();
    addAnn(sandbox, { 'Booking Status': 'Booked', 'Diagnostic Call Date': '2025-11-01' });

    await connect(sandbox).updateContact(ANN, booked);

    expect(sandbox.contacts.rows()[0]?.lastChanged).toEqual(['Diagnostic Call Date', 'Christmas Campaign Status']);
  });

  it('writes nothing if the row says it already', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    const notion = connect(sandbox);
    await notion.updateContact(ANN, booked);

    await expect(notion.updateContact(ANN, booked)).resolves.toEqual({ outcome: 'unchanged', pageId: ann, left: [] });

    expect(writesTo(sandbox)).toHaveLength(1);
  });

  it('leaves the contact alone once somebody else has moved it on', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox, { 'Booking Status': 'Booked', 'Diagnostic Call Date': '2025-12-20' });
    const notion = connect(sandbox);
    const written = { bookingStatus: 'Booked', callDate: '2025-12-10' } as const;
    const afterIt = { ours: [written], onlyWhileOurs: true };

    await expect(notion.updateContact(ANN, { bookingStatus: 'Completed' }, afterIt)).resolves.toEqual({
      outcome: 'unchanged',
      pageId: ann,
      reason: 'changed_by_a_person',
      left: [],
    });
    expect(writesTo(sandbox)).toEqual([]);

    sandbox.contacts.edit(ann, { 'Diagnostic Call Date': '2025-12-10' });
    await notion.updateContact(ANN, { bookingStatus: 'Completed' }, afterIt);
    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Completed');
  });

  it('finds the contact whatever the letter case and white space, and never a similar one', async () => {
    const seed = withProperties(emptySeed(), 'contacts', { name: 'email', type: 'rich_text' });
    const sandbox = await start(seed);
    const joann = sandbox.contacts.add({ Name: 'Jo Ann', email: 'joann@example.com' });
    const ann = addAnn(sandbox, { email: 'Ann <ANN@example.com>' });

    await connect(sandbox).updateContact(' Ann@Example.com', booked);

    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Booked');
    expect(rowOf(sandbox, joann)['Booking Status']).toBe('Not booked');
  });

  it('works with select instead of status, status instead of select, and the address as title', async () => {
    const sandbox = await start(
      withProperties(
        emptySeed(),
        'contacts',
        { name: 'Name', type: 'rich_text' },
        { name: 'email', type: 'title' },
        { name: 'Booking Status', type: 'select', options: ['Booked'] },
        { name: 'Christmas Campaign Status', type: 'status', options: ['Idle', 'Pre-Call Prep'] },
      ),
    );
    const ann = addAnn(sandbox);

    await connect(sandbox).updateContact(ANN, booked);

    expect(rowOf(sandbox, ann)).toMatchObject({
      'Booking Status': 'Booked',
      'Christmas Campaign Status': 'Pre-Call Prep',
    });
  });

  it('refuses when nobody has the address, the trash not counted', async () => {
    const sandbox = await start();
    const trashed = addAnn(sandbox);
    sandbox.contacts.trashRow(trashed);

    expect(await rejectionOf(connect(sandbox).updateContact(ANN, booked))).toMatchObject({
      name: 'NotionRefusal',
      reason: 'contact_not_found',
    });
    expect(writesTo(sandbox)).toEqual([]);
  });

  it('refuses when two contacts have the address, and says which', async () => {
    const sandbox = await start();
    const [one, other] = [addAnn(sandbox), addAnn(sandbox, { email: 'ANN@example.com' })];

    const refusal = await rejectionOf(connect(sandbox).updateContact(ANN, booked));

    expect(refusal).toMatchObject({ reason: 'contact_ambiguous' });
    expect(refusal.message).toContain(one);
    expect(refusal.message).toContain(other);
    expect(writesTo(sandbox)).toEqual([]);
  });
});

describe('updateContact, where the database does not fit', () => {
  const start = useSandbox();

  it('writes status and date although the campaign status has no such option, and says so', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    sandbox.contacts.removeOption('Christmas Campaign Status', 'Pre-Call Prep');
    const before = sandbox.contacts.optionsOf('Christmas Campaign Status');

    const update = await connect(sandbox).updateContact(ANN, booked);

    expect(update).toMatchObject({ outcome: 'updated', left: [{ field: 'campaignStatus', reason: 'option_missing' }] });
    expect(update.left[0]?.message).toContain('"Christmas Campaign Status"');
    expect(rowOf(sandbox, ann)).toMatchObject({ 'Booking Status': 'Booked', 'Diagnostic Call Date': '2025-12-10' });
    expect(sandbox.contacts.optionsOf('Christmas Campaign Status')).toEqual(before);
  });

  it('writes status and date although the campaign status is missing or of another type', async () => {
    const sandbox = await start();
    addAnn(sandbox);
    sandbox.contacts.retypeProperty('Christmas Campaign Status', 'checkbox');
    await expect(connect(sandbox).updateContact(ANN, booked)).resolves.toMatchObject({
      outcome: 'updated',
      left: [{ reason: 'property_unsupported' }],
    });

    sandbox.contacts.removeProperty('Christmas Campaign Status');
    await expect(connect(sandbox).updateContact(ANN, booked)).resolves.toMatchObject({
      outcome: 'unchanged',
      left: [{ reason: 'property_missing' }],
    });
  });

  it('notices that somebody has added what was missing', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    sandbox.contacts.removeOption('Christmas Campaign Status', 'Pre-Call Prep');
    const notion = connect(sandbox);
    await notion.updateContact(ANN, booked);

    sandbox.contacts.addOption('Christmas Campaign Status', 'Pre-Call Prep');
    notion.clock.pass(60_000);

    await expect(notion.updateContact(ANN, booked)).resolves.toMatchObject({ outcome: 'updated', left: [] });
    expect(rowOf(sandbox, ann)['Christmas Campaign Status']).toBe('Pre-Call Prep');
  });

  it.each(['status', 'select'] as const)('never adds a missing booking status to a %s', async (type) => {
    const status = { name: 'Booking Status', type, options: ['Not booked', 'No Show'] };
    const sandbox = await start(withProperties(emptySeed(), 'contacts', status));
    addAnn(sandbox);

    const refusal = await rejectionOf(connect(sandbox).updateContact(ANN, booked));

    expect(refusal).toMatchObject({ reason: 'option_missing' });
    expect(refusal.message).toContain('"Booked"');
    expect(sandbox.contacts.optionsOf('Booking Status')).toEqual(['Not booked', 'No Show']);
    expect(writesTo(sandbox)).toEqual([]);
  });

  it('takes an option that differs only by letter case and spaces for the one meant, unless there are two', async () => {
    const status = { name: 'Booking Status', type: 'select' as const, options: ['BOOKED '] };
    const sandbox = await start(withProperties(emptySeed(), 'contacts', status));
    const ann = addAnn(sandbox);
    await connect(sandbox).updateContact(ANN, booked);
    expect(rowOf(sandbox, ann)['Booking Status']).toBe('BOOKED ');

    sandbox.contacts.renameOption('Booking Status', 'BOOKED ', 'BOOKED');
    sandbox.contacts.addOption('Booking Status', 'booked');
    expect(await rejectionOf(connect(sandbox).updateContact(ANN, booked))).toMatchObject({ reason: 'option_missing' });
  });

  it.each([
    ['property_missing', 'email', undefined],
    ['property_missing', 'Diagnostic Call Date', undefined],
    ['property_missing', 'Booking Status', undefined],
    ['property_unsupported', 'email', 'checkbox'],
    ['property_unsupported', 'Diagnostic Call Date', 'rich_text'],
    ['property_unsupported', 'Booking Status', 'multi_select'],
  ] as const)('refuses with %s when it cannot use "%s"', async (reason, name, type) => {
    const sandbox = await start();
    addAnn(sandbox);
    if (type) sandbox.contacts.retypeProperty(name, type);
    else sandbox.contacts.removeProperty(name);

    const refusal = await rejectionOf(connect(sandbox).updateContact(ANN, booked));

    expect(refusal).toMatchObject({ name: 'NotionParked', reason });
    expect(refusal.message).toContain(`"${name}"`);
    expect(writesTo(sandbox)).toEqual([]);
  });

  it.each(['email', 'Booking Status', 'Diagnostic Call Date', 'Christmas Campaign Status'])(
    'follows "%s" when it is renamed while it runs',
    async (name) => {
      const sandbox = await start();
      const ann = addAnn(sandbox);
      const notion = connect(sandbox);
      await notion.updateContact(ANN, { bookingStatus: 'Cancelled' });
      sandbox.contacts.renameProperty(name, 'Something else');
      sandbox.contacts.renameOption(
        name === 'Booking Status' ? 'Something else' : 'Booking Status',
        'Booked',
        'Gebucht',
      );

      await expect(notion.updateContact(ANN, booked)).resolves.toMatchObject({ outcome: 'updated', left: [] });
      await expect(notion.updateContact(ANN, booked)).resolves.toMatchObject({ outcome: 'unchanged', left: [] });

      expect(Object.values(rowOf(sandbox, ann))).toEqual(['Ann', ANN, 'Gebucht', '2025-12-10', 'Pre-Call Prep']);
    },
  );

  it('follows a property through several renames', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    const notion = connect(sandbox);
    await notion.updateContact(ANN, { bookingStatus: 'Cancelled' });
    for (const [from, to] of [
      ['email', 'E-mail'],
      ['E-mail', 'Address'],
      ['Address', 'Contact address'],
    ] as const) {
      sandbox.contacts.renameProperty(from, to);
      await notion.updateContact(ANN, { bookingStatus: 'Cancelled' });
    }

    await notion.updateContact(ANN, booked);

    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Booked');
  });

  it('notices a property that changed its type while it runs', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    const notion = connect(sandbox);
    await notion.updateContact(ANN, booked);
    sandbox.contacts.retypeProperty('Booking Status', 'select', ['Booked']);

    await notion.updateContact(ANN, booked);

    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Booked');
  });

  it('looks again when the option it remembers is gone, and does not bring it back', async () => {
    const sandbox = await start();
    addAnn(sandbox);
    const notion = connect(sandbox);
    await notion.updateContact(ANN, { bookingStatus: 'Cancelled' });
    sandbox.contacts.removeOption('Booking Status', 'Booked');

    expect(await rejectionOf(notion.updateContact(ANN, booked))).toMatchObject({ reason: 'option_missing' });
    expect(sandbox.contacts.optionsOf('Booking Status')).not.toContain('Booked');
  });
});

describe('updateContact, where things are called something else', () => {
  const start = useSandbox();

  const contacts = {
    email: 'E-mail address',
    bookingStatus: 'Call',
    callDate: 'Day of the call',
    campaignStatus: 'Christmas',
  };
  const values = {
    booked: 'Scheduled',
    cancelled: 'Off',
    completed: 'Done',
    noShow: 'Missed',
    preCallPrep: 'Prepare',
  };

  async function renamed() {
    const sandbox = await start(
      withProperties(
        emptySeed(),
        'contacts',
        { name: 'Booking Status', type: 'select', options: Object.values(values).slice(0, 4) },
        { name: 'Christmas Campaign Status', type: 'status', options: ['Idle', 'Prepare'] },
      ),
    );
    const ann = addAnn(sandbox);
    const names = ['email', 'Booking Status', 'Diagnostic Call Date', 'Christmas Campaign Status'];
    for (const [index, to] of Object.values(contacts).entries()) sandbox.contacts.renameProperty(names[index]!, to);
    return { sandbox, ann };
  }

  it('goes by the names in precall.yaml', async () => {
    const { sandbox, ann } = await renamed();
    const notion = connect(sandbox, { choices: { contacts, values } });

    await notion.updateContact(ANN, booked);
    expect(rowOf(sandbox, ann)).toMatchObject({
      Call: 'Scheduled',
      'Day of the call': '2025-12-10',
      Christmas: 'Prepare',
    });

    for (const [bookingStatus, shown] of [
      ['Cancelled', 'Off'],
      ['Completed', 'Done'],
      ['No-Show', 'Missed'],
    ] as const) {
      await notion.updateContact(ANN, { bookingStatus });
      expect(rowOf(sandbox, ann)['Call']).toBe(shown);
    }
  });

  it('goes by the ids of properties just as well', async () => {
    const { sandbox, ann } = await renamed();
    const client = new Client({ auth: sandbox.token, baseUrl: sandbox.url, notionVersion: '2026-03-11' });
    const { properties } = await client.dataSources.retrieve({ data_source_id: sandbox.contacts.dataSourceId });
    const ids = Object.fromEntries(Object.entries(contacts).map(([field, name]) => [field, properties[name]!.id]));

    await connect(sandbox, { choices: { contacts: ids as typeof contacts, values } }).updateContact(ANN, booked);

    expect(rowOf(sandbox, ann)).toMatchObject({ Call: 'Scheduled', Christmas: 'Prepare' });
  });

  it('finds the address that a formula makes up', async () => {
    const seed = emptySeed();
    const address = { name: 'Address', type: 'formula' as const, expression: 'lower(prop("email"))' };
    const sandbox = await start({
      ...seed,
      contacts: { ...seed.contacts, properties: [...seed.contacts.properties, address] },
    });
    const ann = addAnn(sandbox, { email: 'ANN@example.com' });
    const choices = { contacts: { ...DEFAULT_NOTION_CHOICES.contacts, email: 'Address' } };

    await connect(sandbox, { choices }).updateContact(ANN, booked);

    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Booked');
  });

  it('goes on meaning the property that bore the name first, though another one is called so since', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    const notion = connect(sandbox);
    await notion.updateContact(ANN, { bookingStatus: 'Cancelled' });
    sandbox.contacts.renameProperty('Booking Status', 'Call');
    sandbox.contacts.addProperty('Booking Status', 'select', ['Booked']);
    notion.clock.pass(15 * 60_000);

    await notion.updateContact(ANN, booked);

    expect(rowOf(sandbox, ann)).toMatchObject({ Call: 'Booked', 'Booking Status': null });
  });
});

describe('updateContactPage', () => {
  const start = useSandbox();

  it('writes to the row on that page, whoever it is by now', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox, { email: 'ann@elsewhere.example' });

    await expect(connect(sandbox).updateContactPage(ann, booked)).resolves.toEqual({
      outcome: 'updated',
      pageId: ann,
      left: [],
    });

    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Booked');
  });

  it.each<[string, (sandbox: NotionSandbox) => string]>([
    [
      'is in the trash',
      (sandbox) => {
        const id = addAnn(sandbox);
        sandbox.contacts.trashRow(id);
        return id;
      },
    ],
    ['is a row of another database by now', (sandbox) => addToCampaign(sandbox, ANN)],
    ['is not there', () => '11111111-2222-4333-8444-555555555555'],
  ])('finds nobody where the page %s, and that concerns nobody else', async (_, pageOf) => {
    const sandbox = await start();
    const notion = connect(sandbox);

    const refusal = await rejectionOf(notion.updateContactPage(pageOf(sandbox), booked));

    expect(refusal).toMatchObject({ reason: 'contact_not_found' });
    expect(writesTo(sandbox)).toEqual([]);
    addAnn(sandbox);
    await expect(notion.updateContact(ANN, booked)).resolves.toMatchObject({ outcome: 'updated' });
  });
});

describe('updateContact, where people have a say', () => {
  const start = useSandbox();

  it('leaves a contact alone that has a status people keep for themselves', async () => {
    const status = { name: 'Booking Status', type: 'select' as const, options: ['Booked', 'Won', 'Lost'] };
    const sandbox = await start(withProperties(emptySeed(), 'contacts', status));
    const ann = addAnn(sandbox, { 'Booking Status': 'Won' });
    const notion = connect(sandbox, { choices: { keptStatuses: ['Lost', 'won', 'Not there'] } });

    await expect(notion.updateContact(ANN, booked)).resolves.toEqual({
      outcome: 'unchanged',
      pageId: ann,
      reason: 'kept_by_a_person',
      left: [],
    });
    expect(writesTo(sandbox)).toEqual([]);

    sandbox.contacts.edit(ann, { 'Booking Status': null });
    await expect(notion.updateContact(ANN, booked)).resolves.toMatchObject({ outcome: 'updated' });
  });

  it('goes on knowing such a status when it is renamed', async () => {
    const status = { name: 'Booking Status', type: 'select' as const, options: ['Booked', 'Won'] };
    const sandbox = await start(withProperties(emptySeed(), 'contacts', status));
    addAnn(sandbox, { 'Booking Status': 'Won' });
    const notion = connect(sandbox, { choices: { keptStatuses: ['Won'] } });
    await notion.updateContact(ANN, booked);
    sandbox.contacts.renameOption('Booking Status', 'Won', 'Client');
    notion.clock.pass(15 * 60_000);

    await expect(notion.updateContact(ANN, booked)).resolves.toMatchObject({ reason: 'kept_by_a_person' });
  });

  it('takes what it may have written for its own, and tells which before it writes', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox, { 'Booking Status': 'Cancelled', 'Diagnostic Call Date': '2025-12-10' });
    const written = { bookingStatus: 'Booked', callDate: '2025-12-10' } as const;
    const attempted = { bookingStatus: 'Cancelled', callDate: '2025-12-10' } as const;
    const told: unknown[] = [];

    await connect(sandbox).updateContact(
      ANN,
      { bookingStatus: 'Completed', callDate: '2025-12-10' },
      {
        ours: [written, attempted],
        onlyWhileOurs: true,
        async beforeWrite(says) {
          told.push(says, rowOf(sandbox, ann)['Booking Status']);
        },
      },
    );

    expect(told).toEqual([attempted, 'Cancelled']);
    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Completed');
  });

  it('writes nothing if that cannot be noted before', async () => {
    const sandbox = await start();
    addAnn(sandbox);
    const beforeWrite = () => Promise.reject(new Error('the store is away'));

    const error = await rejectionOf(connect(sandbox).updateContact(ANN, booked, { beforeWrite }));

    expect(error.message).toBe('the store is away');
    expect(writesTo(sandbox)).toEqual([]);
  });
});

describe('a contact that was perhaps made', () => {
  const start = useSandbox();
  const create = { name: 'Ann' };
  const NEW_PAGE = { method: 'POST', path: /^\/v1\/pages$/ } as const;
  const cellsOf = (sandbox: NotionSandbox) => sandbox.contacts.rows().map(({ cells }) => cells);
  const says = { 'Booking Status': 'Booked', 'Diagnostic Call Date': '2025-12-10' };

  it('is not written to when it turns out to be there', async () => {
    const sandbox = await start();
    sandbox.fail({ ...NEW_PAGE, action: 'commit-then-drop' });

    const made = await connect(sandbox).updateContact(ANN, booked, { create });

    expect(made).toEqual({ outcome: 'created', pageId: sandbox.contacts.rows()[0]?.id, left: [] });
    expect(cellsOf(sandbox)).toMatchObject([says]);
    expect(writesTo(sandbox)).toEqual([]);
  });

  it('is written to when it was not, and somebody else has added it meanwhile', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);
    sandbox.fail({ ...NEW_PAGE, action: 'drop' });
    notion.clock.meanwhile(() => void addAnn(sandbox));
    const told: unknown[] = [];

    const update = await notion.updateContact(ANN, booked, {
      create,
      beforeWrite: async (_, isCreation) => void told.push(isCreation),
    });

    expect(update).toEqual({ outcome: 'updated', pageId: sandbox.contacts.rows()[0]?.id, left: [] });
    expect(cellsOf(sandbox)).toMatchObject([says]);
    expect(writesTo(sandbox)).toHaveLength(1);
    expect(told).toEqual([true, false]);
  });
});

describe('a contact that goes away between the look and the write', () => {
  const start = useSandbox();

  it('is looked for once more, and missed', async () => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    sandbox.fail({ method: 'PATCH', action: { change: { kind: 'trash', id: ann } } });

    expect(await rejectionOf(connect(sandbox).updateContact(ANN, booked))).toMatchObject({
      name: 'NotionRefusal',
      reason: 'contact_not_found',
    });
    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Not booked');
  });

  it.each(['trash', 'archive_row'] as const)('gives way to another one with the address: %s', async (kind) => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    sandbox.fail({ method: 'PATCH', action: { change: { kind, id: ann } } });
    const others: string[] = [];

    await connect(sandbox).updateContact(ANN, booked, {
      async beforeWrite() {
        if (others.length === 0) others.push(addAnn(sandbox));
      },
    });

    expect(rowOf(sandbox, others[0]!)['Booking Status']).toBe('Booked');
    expect(writesTo(sandbox).filter(({ committed }) => committed)).toHaveLength(1);
  });
});
