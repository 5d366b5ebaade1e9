import { describe, expect, it } from 'vitest';
import { ANN, addAnn, addToCampaign, connect, rejectionOf, useSandbox } from './support.ts';

describe('the id in the settings', () => {
  const start = useSandbox();

  it('may be that of the data source, which people copy too', async () => {
    const sandbox = await start();
    addToCampaign(sandbox, ANN);
    const notion = connect(sandbox, { sequenceDatabaseId: sandbox.sequence.dataSourceId });

    await expect(notion.findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
  });

  it('is refused when its database holds several data sources, which are listed', async () => {
    const sandbox = await start();
    const other = sandbox.sequence.addDataSource('Archive of 2024');

    const refusal = await rejectionOf(connect(sandbox).findMembership(ANN));

    expect(refusal).toMatchObject({ name: 'NotionRefusal', reason: 'several_data_sources' });
    expect(refusal.message).toContain(`"Archive of 2024" ${other}`);
    expect(refusal.message).toContain(sandbox.sequence.dataSourceId);
    expect(refusal.message).toContain('NOTION_EMAIL_SEQUENCE_DB_ID');
  });

  it('keeps meaning the data source found first when another is added later', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);
    await notion.findMembership(ANN);
    sandbox.sequence.addDataSource('Archive of 2024');
    sandbox.sequence.renameProperty('Email', 'E-mail');
    sandbox.sequence.add({ Name: 'Ann', 'E-mail': ANN, Campaign: 'Christmas 2025' });

    await expect(notion.findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
  });

  it('is refused when it is the id of a page', async () => {
    const sandbox = await start();
    const notion = connect(sandbox, { contactsDatabaseId: addAnn(sandbox) });

    expect(await rejectionOf(notion.updateContact(ANN, { bookingStatus: 'Booked' }))).toMatchObject({
      reason: 'not_a_database',
      message: expect.stringContaining('NOTION_BUSINESSX_DB_ID'),
    });
  });

  it('is refused when its database is not shared, and works once it is', async () => {
    const sandbox = await start();
    sandbox.sequence.unshare();
    const notion = connect(sandbox);
    expect(await rejectionOf(notion.findMembership(ANN))).toMatchObject({
      reason: 'not_shared',
      message: expect.stringContaining('share it with the integration'),
    });

    sandbox.sequence.share();

    await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'none' });
  });

  it('is refused when its database is taken away while it runs', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);
    await notion.findMembership(ANN);
    sandbox.sequence.unshare();

    expect(await rejectionOf(notion.findMembership(ANN))).toMatchObject({ reason: 'not_shared' });
  });

  it('is refused when its database is in the trash or empty', async () => {
    const sandbox = await start();
    sandbox.contacts.trash();
    sandbox.sequence.removeDataSources();
    const notion = connect(sandbox);

    expect(await rejectionOf(notion.updateContact(ANN, { bookingStatus: 'Booked' }))).toMatchObject({
      reason: 'in_trash',
    });
    expect(await rejectionOf(notion.findMembership(ANN))).toMatchObject({ reason: 'no_data_source' });
  });

  it('is refused when the data source it stands for is in the trash', async () => {
    const sandbox = await start();
    sandbox.sequence.trashDataSource();

    expect(await rejectionOf(connect(sandbox).findMembership(ANN))).toMatchObject({ reason: 'in_trash' });
  });

  it('is refused when Notion takes it for no id at all', async () => {
    const sandbox = await start();
    const notion = connect(sandbox, { sequenceDatabaseId: '12345678-1234-1234-1234-123456789abc' });

    expect(await rejectionOf(notion.findMembership(ANN))).toMatchObject({ reason: 'invalid_request' });
  });
});
