import { describe, expect, it } from 'vitest';
import type { NotionChoices } from '../../src/config.ts';
import { ANN, addAnn, connect, emptySeed, rejectionOf, relatedSeed, rowOf, useSandbox, writesTo } from './support.ts';

const booked = { bookingStatus: 'Booked', callDate: '2025-12-10' } as const;

describe('several contacts with one address', () => {
  const start = useSandbox();

  /** Three of them, oldest first, and one in the trash that is older still. */
  async function withThree(severalContacts: NotionChoices['severalContacts']) {
    const seed = relatedSeed();
    const ann = { Name: 'Ann', email: ANN };
    const sandbox = await start({ ...seed, contacts: { ...seed.contacts, trashed: [ann], rows: [ann, ann, ann] } });
    const ids = sandbox.contacts.rows().flatMap(({ id, inTrash }) => (inTrash ? [] : [id]));
    const sequence = {
      foundBy: { contact: 'Contact' },
      campaign: 'Campaign',
      emailsSent: [],
    };
    return { sandbox, ids, notion: connect(sandbox, { choices: { severalContacts, sequence } }) };
  }

  it.each([
    ['oldest', 0],
    ['newest', 2],
  ] as const)(
    'are told apart by age, if the operator wants the %s, and all are named in the log',
    async (policy, index) => {
      const { sandbox, ids, notion } = await withThree(policy);

      await notion.updateContact(ANN, booked);

      const statuses = ids.map((id) => rowOf(sandbox, id)['Booking Status']);
      expect(statuses).toEqual(ids.map((_, other) => (other === index ? 'Booked' : 'Not booked')));
      expect(notion.log.lines).toEqual([
        {
          level: 'warn',
          facts: { policy, chosen: ids[index], candidates: ids },
          message: expect.stringContaining('one was chosen'),
        },
      ]);
    },
  );

  it('are told apart by the campaign, if only one of them is in its sequence', async () => {
    const { sandbox, ids, notion } = await withThree('prefer_campaign');
    sandbox.sequence.add({ Name: 'Ann', Contact: [ids[1]!] });

    await notion.updateContact(ANN, booked);

    expect(rowOf(sandbox, ids[1]!)['Booking Status']).toBe('Booked');
    expect(writesTo(sandbox)).toHaveLength(1);
  });

  it.each([0, 2])('are refused if %i of them are', async (related) => {
    const { sandbox, ids, notion } = await withThree('prefer_campaign');
    for (const id of ids.slice(0, related)) sandbox.sequence.add({ Name: 'Ann', Contact: [id] });

    expect(await rejectionOf(notion.updateContact(ANN, booked))).toMatchObject({ reason: 'contact_ambiguous' });
    expect(writesTo(sandbox)).toEqual([]);
  });

  it('are refused by default', async () => {
    const { sandbox, notion } = await withThree('refuse');

    expect(await rejectionOf(notion.updateContact(ANN, booked))).toMatchObject({ reason: 'contact_ambiguous' });
    expect(writesTo(sandbox)).toEqual([]);
  });
});

describe('a contact that is made', () => {
  const start = useSandbox();
  const create = { name: 'Ann Author' };
  const additions = (sandbox: Awaited<ReturnType<typeof start>>) =>
    sandbox.journal.filter(({ method, path, committed }) => method === 'POST' && path === '/v1/pages' && committed);

  it('says who it is and what is wanted, in one request', async () => {
    const sandbox = await start();

    const made = await connect(sandbox).updateContact(
      ' Ann@Example.com',
      { ...booked, campaignStatus: 'Pre-Call Prep' },
      { create },
    );

    expect(made).toEqual({ outcome: 'created', pageId: sandbox.contacts.rows()[0]?.id, left: [] });
    expect(sandbox.contacts.rows().map(({ cells }) => cells)).toEqual([
      {
        Name: 'Ann Author',
        email: ANN,
        'Booking Status': 'Booked',
        'Diagnostic Call Date': '2025-12-10',
        'Christmas Campaign Status': 'Pre-Call Prep',
      },
    ]);
    expect(writesTo(sandbox)).toEqual([]);
  });

  it.each(['rich_text', 'title'] as const)('has its address where addresses are kept as %s', async (type) => {
    const seed = emptySeed();
    const [, , ...others] = seed.contacts.properties;
    const properties = [
      { name: 'Name', type: type === 'title' ? ('rich_text' as const) : ('title' as const) },
      { name: 'email', type },
      ...others,
    ];
    const sandbox = await start({ ...seed, contacts: { ...seed.contacts, properties } });

    await connect(sandbox).updateContact(ANN, booked, { create });

    expect(sandbox.contacts.rows()[0]?.cells).toMatchObject({ email: ANN, 'Booking Status': 'Booked' });
  });

  it('goes by the address where nobody knows the name', async () => {
    const sandbox = await start();

    await connect(sandbox).updateContact(ANN, booked, { create: { name: ' ' } });

    expect(sandbox.contacts.rows()[0]?.cells['Name']).toBe(ANN);
  });

  it('is none where there is one already, and none without being asked for', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);

    expect(await rejectionOf(notion.updateContact(ANN, booked))).toMatchObject({ reason: 'contact_not_found' });
    addAnn(sandbox);
    await notion.updateContact(ANN, booked, { create });

    expect(additions(sandbox)).toEqual([]);
  });

  it.each(['commit-then-503', 'commit-then-drop', 'drop', 'hang-in-body', 'truncated', 'empty'] as const)(
    'is one, whatever becomes of the answer: %s',
    async (action) => {
      const sandbox = await start();
      sandbox.fail({ method: 'POST', path: /^\/v1\/pages$/, action });

      const made = await connect(sandbox, { timeoutsMs: { read: 1_000, write: 1_000 } }).updateContact(ANN, booked, {
        create,
      });

      expect(made).toMatchObject({ outcome: 'created' });
      expect(sandbox.contacts.rows()).toHaveLength(1);
      expect(additions(sandbox)).toHaveLength(1);
      expect(sandbox.violations({})).toEqual([]);
    },
  );

  it('is none where the workspace takes no more, which is said', async () => {
    const sandbox = await start();
    sandbox.change({ kind: 'limit', blockCap: 0 });

    expect(await rejectionOf(connect(sandbox).updateContact(ANN, booked, { create }))).toMatchObject({
      reason: 'creates_blocked',
    });
  });

  it('is none where a formula makes up the address', async () => {
    const seed = emptySeed();
    const address = { name: 'Address', type: 'formula' as const, expression: 'lower(prop("email"))' };
    const sandbox = await start({
      ...seed,
      contacts: { ...seed.contacts, properties: [...seed.contacts.properties, address] },
    });
    const contacts = {
      email: 'Address',
      bookingStatus: 'Booking Status',
      callDate: 'Diagnostic Call Date',
      campaignStatus: 'Christmas Campaign Status',
    };

    const refusal = await rejectionOf(
      connect(sandbox, { choices: { contacts } }).updateContact(ANN, booked, { create }),
    );

    expect(refusal).toMatchObject({ reason: 'contact_not_found', message: expect.stringContaining('formula') });
    expect(additions(sandbox)).toEqual([]);
  });
});

describe('what a booking costs', () => {
  const start = useSandbox();

  it('is two requests for the contact and one for the campaign; told again, a look at each and no write', async () => {
    const sandbox = await start();
    addAnn(sandbox);
    const notion = connect(sandbox);
    await rejectionOf(notion.updateContact('nobody@example.com', booked));
    await notion.findMembership('nobody@example.com');
    const countOf = async (work: () => Promise<unknown>) => {
      const before = sandbox.journal.length;
      await work();
      return sandbox.journal.slice(before).map(({ method, path }) => `${method} ${path.split('/')[2]}`);
    };

    expect(await countOf(() => notion.updateContact(ANN, booked))).toEqual(['POST data_sources', 'PATCH pages']);
    expect(await countOf(() => notion.findMembership(ANN))).toEqual(['POST data_sources']);
    expect(await countOf(() => notion.updateContact(ANN, booked))).toEqual(['POST data_sources']);
  });
});
