import { describe, expect, it } from 'vitest';
import { ANN, addToCampaign, connect, emptySeed, rejectionOf, useSandbox, withProperties } from './support.ts';

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

  it.each(['status', 'multi_select', 'title'] as const)('reads a campaign property of type %s', async (type) => {
    const campaign = { name: 'Campaign', type, options: ['Spring 2026', 'Christmas 2025'] };
    const sandbox = await start(withProperties(emptySeed(), 'sequence', campaign, { name: 'Name', type: 'rich_text' }));
    addToCampaign(sandbox, ANN);

    await expect(connect(sandbox).findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
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
