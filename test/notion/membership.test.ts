import { describe, expect, it } from 'vitest';
import { DEFAULT_NOTION_CHOICES } from '../../src/config.ts';
import type { PropertySeed } from '../../src/dev/notion-sandbox/sandbox.ts';
import {
  ANN,
  addAnn,
  addToCampaign,
  connect,
  emptySeed,
  rejectionOf,
  relatedSeed,
  useSandbox,
  withProperties,
} from './support.ts';

describe('findMembership', () => {
  const start = useSandbox();

  it('tells a member and the campaign', async () => {
    const sandbox = await start();
    addToCampaign(sandbox, ANN);

    await expect(connect(sandbox).findMembership(ANN)).resolves.toEqual({
      state: 'member',
      campaign: 'Christmas 2025',
    });
  });

  it('tells somebody whose row names another campaign, or who has none, from a member', async () => {
    const sandbox = await start();
    addToCampaign(sandbox, ANN, 'Spring 2026');
    const notion = connect(sandbox);

    await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'none' });
    await expect(notion.findMembership('nobody@example.com')).resolves.toEqual({ state: 'none' });
  });

  it('finds the person whatever the letter case and white space on either side', async () => {
    const seed = withProperties(emptySeed(), 'sequence', { name: 'Email', type: 'rich_text' });
    const sandbox = await start(seed);
    addToCampaign(sandbox, ' Ann <ANN@Example.com> ');

    await expect(connect(sandbox).findMembership(' aNN@example.com ')).resolves.toMatchObject({ state: 'member' });
  });

  it('does not take joann for ann', async () => {
    const sandbox = await start();
    addToCampaign(sandbox, 'joann@example.com');
    addToCampaign(sandbox, 'ann@example.com.au');

    await expect(connect(sandbox).findMembership(ANN)).resolves.toEqual({ state: 'none' });
  });

  it('looks on every page of the answer', async () => {
    const sandbox = await start();
    for (let i = 0; i < 60; i++) addToCampaign(sandbox, `jo${i}.${ANN}`);
    addToCampaign(sandbox, ANN);

    const notion = connect(sandbox);

    await expect(notion.findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
    expect(notion.requests.filter(({ path }) => path.endsWith('/query'))).toHaveLength(3);
  });

  it('concludes nothing from a list that goes on too long or that Notion cut off', async () => {
    const sandbox = await start();
    for (let i = 0; i < 101; i++) addToCampaign(sandbox, `jo${i}.${ANN}`);

    expect(await rejectionOf(connect(sandbox).findMembership(ANN))).toMatchObject({ reason: 'too_many_rows' });
    sandbox.limitQueries(10);
    expect(await rejectionOf(connect(sandbox).findMembership(ANN))).toMatchObject({ reason: 'too_many_rows' });
  });

  it('is content with one of several rows, but not with one in the trash or archive', async () => {
    const sandbox = await start();
    addToCampaign(sandbox, ANN, 'Spring 2026');
    const archived = addToCampaign(sandbox, ANN);
    sandbox.sequence.archiveRow(archived);
    const trashed = addToCampaign(sandbox, ANN);
    sandbox.sequence.trashRow(trashed);
    const notion = connect(sandbox);
    await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'none' });

    addToCampaign(sandbox, ANN);

    await expect(notion.findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
  });

  it('compares campaigns ignoring case and white space, and as a whole', async () => {
    const sandbox = await start(withProperties(emptySeed(), 'sequence', { name: 'Campaign', type: 'rich_text' }));
    addToCampaign(sandbox, ANN, 'Christmas 2025 B');
    const notion = connect(sandbox);
    await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'none' });

    addToCampaign(sandbox, ANN, ' christmas 2025');

    await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'member', campaign: 'Christmas 2025' });
  });

  it.each(['Christmas2025', 'Christmas  2025', 'CHRISTMAS 2025'])(
    'takes the option that the doctor takes: %j',
    async (option) => {
      const campaign: PropertySeed = { name: 'Campaign', type: 'select', options: ['Christmas 2025 B', option] };
      const sandbox = await start(withProperties(emptySeed(), 'sequence', campaign));
      addToCampaign(sandbox, ANN, 'Christmas 2025 B');
      const notion = connect(sandbox);
      await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'none' });

      addToCampaign(sandbox, ANN, option);

      await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'member', campaign: 'Christmas 2025' });
    },
  );

  it.each(['status', 'multi_select', 'title'] as const)('reads a campaign property of type %s', async (type) => {
    const campaign = { name: 'Campaign', type, options: ['Spring 2026', 'Christmas 2025'] };
    const sandbox = await start(withProperties(emptySeed(), 'sequence', campaign, { name: 'Name', type: 'rich_text' }));
    addToCampaign(sandbox, ANN);

    await expect(connect(sandbox).findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
  });

  it('knows a campaign whose option is renamed while it runs', async () => {
    const sandbox = await start();
    addToCampaign(sandbox, ANN);
    const notion = connect(sandbox);
    await notion.findMembership('nobody@example.com');
    sandbox.sequence.renameOption('Campaign', 'Christmas 2025', 'Xmas');

    const member = { state: 'member', campaign: 'Christmas 2025' };
    await expect(notion.findMembership(ANN)).resolves.toEqual(member);
    notion.clock.pass(15 * 60_000);
    await expect(notion.findMembership(ANN)).resolves.toEqual(member);
  });

  it('refuses what is no address without asking', async () => {
    const notion = connect(await start());

    expect(await rejectionOf(notion.findMembership('  '))).toMatchObject({ reason: 'address_unusable' });
    expect(notion.requests).toEqual([]);
  });

  it('resolves the database once, however often and in parallel it is asked', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);

    await Promise.all([notion.findMembership(ANN), notion.findMembership(ANN)]);
    await notion.findMembership(ANN);

    expect(notion.requests.filter(({ method }) => method === 'GET')).toHaveLength(2);
    expect(sandbox.journal).toHaveLength(5);
  });
});

describe('the e-mails that a member has got', () => {
  const start = useSandbox();

  it('are known from the rows of their campaign, and of each the earliest time', async () => {
    const sandbox = await start(
      withProperties(
        emptySeed(),
        'sequence',
        { name: 'Email 2 Sent', type: 'checkbox' },
        { name: 'Email 3 Sent', type: 'rich_text' },
        { name: 'Email 4 Sent', type: 'rich_text' },
      ),
    );
    const rows = [
      {
        'Email 1 Sent': '2025-12-04T09:00:00.000+01:00',
        'Email 2 Sent': true,
        'Email 3 Sent': ' 2025-12-06T10:00:00Z ',
      },
      {
        'Email 1 Sent': '2025-12-04',
        'Email 3 Sent': 'not yet',
        'Email 4 Sent': 'maybe',
        'Email 5 Sent': '2025-12-09',
      },
    ];
    for (const cells of rows) sandbox.sequence.edit(addToCampaign(sandbox, ANN), cells);
    sandbox.sequence.edit(addToCampaign(sandbox, ANN, 'Spring 2026'), {
      'Email 1 Sent': '2024-01-01',
      'Email 6 Sent': '2024-01-06',
    });

    await expect(connect(sandbox).findMembership(ANN)).resolves.toEqual({
      state: 'member',
      campaign: 'Christmas 2025',
      emailsSent: [
        { email: 1, at: '2025-12-04' },
        { email: 2 },
        { email: 3, at: '2025-12-06T10:00:00.000Z' },
        { email: 5, at: '2025-12-09' },
      ],
    });
  });

  it('are as many as were named; the time that a row was made will do', async () => {
    const sandbox = await start(
      withProperties(emptySeed(), 'sequence', { name: 'Email 2 Sent', type: 'created_time' }),
    );
    sandbox.sequence.edit(addToCampaign(sandbox, ANN), { 'Email 1 Sent': '2025-12-01' });
    const sequence = { ...DEFAULT_NOTION_CHOICES.sequence, emailsSent: ['Email 2 Sent'] };

    const membership = await connect(sandbox, { choices: { sequence } }).findMembership(ANN);

    expect(membership).toMatchObject({ emailsSent: [{ email: 1, at: expect.stringMatching(/^\d{4}-.*Z$/) }] });
  });

  it('are not known where their properties are missing, which is said once and keeps nobody from being a member', async () => {
    const sandbox = await start();
    sandbox.sequence.edit(addToCampaign(sandbox, ANN), { 'Email 1 Sent': '2025-12-01' });
    sandbox.sequence.removeProperty('Email 7 Sent');
    sandbox.sequence.retypeProperty('Email 6 Sent', 'select');
    const notion = connect(sandbox);

    await notion.findMembership(ANN);
    await expect(notion.findMembership(ANN)).resolves.toMatchObject({
      state: 'member',
      emailsSent: [{ email: 1, at: '2025-12-01' }],
    });

    expect(notion.log.lines.map(({ level, facts }) => [level, facts])).toEqual([
      ['warn', { database: 'Email Sequence database', missing: ['Email 6 Sent', 'Email 7 Sent'] }],
    ]);
  });
});

describe('a sequence whose rows refer to the contacts', () => {
  const start = useSandbox();
  const sequence = { ...DEFAULT_NOTION_CHOICES.sequence, foundBy: { contact: 'Contact' } };

  it('is found by the contact', async () => {
    const sandbox = await start(relatedSeed());
    const [ann, joann] = [addAnn(sandbox), sandbox.contacts.add({ Name: 'Jo Ann', email: 'joann@example.com' })];
    const notion = connect(sandbox, { choices: { sequence } });
    sandbox.sequence.add({ Name: 'Jo Ann', Contact: [joann], Campaign: 'Christmas 2025' });
    await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'none' });

    sandbox.sequence.add({
      Name: 'Ann',
      Contact: [joann, ann],
      Campaign: 'Christmas 2025',
      'Email 2 Sent': '2025-12-02',
    });

    await expect(notion.findMembership(ANN)).resolves.toEqual({
      state: 'member',
      campaign: 'Christmas 2025',
      emailsSent: [{ email: 2, at: '2025-12-02' }],
    });
  });

  it('is found by any of several contacts with the address', async () => {
    const sandbox = await start(relatedSeed());
    const [, other] = [addAnn(sandbox), addAnn(sandbox)];
    sandbox.sequence.add({ Name: 'Ann', Contact: [other!], Campaign: 'Christmas 2025' });

    await expect(connect(sandbox, { choices: { sequence } }).findMembership(ANN)).resolves.toMatchObject({
      state: 'member',
    });
  });

  it('knows nobody who is no contact, without asking it', async () => {
    const sandbox = await start(relatedSeed());
    const notion = connect(sandbox, { choices: { sequence } });

    await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'none' });

    expect(notion.requests.filter(({ path }) => path.endsWith('/query'))).toHaveLength(1);
  });
});
