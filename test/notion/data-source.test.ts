import { describe, expect, it } from 'vitest';
import { ANN, addAnn, addToCampaign, connect, rejectionOf, useSandbox } from './support.ts';

describe('the id in the settings', () => {
  const start = useSandbox();

  it('may be that of the data source, which people copy too', async () => {
    const sandbox = await start();
    addToCampaign(sandbox, ANN);
    const notion = connect(sandbox, { settings: { sequenceDatabaseId: sandbox.sequence.dataSourceId } });

    await expect(notion.findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
  });

  it('is refused when its database holds several data sources, which are listed', async () => {
    const sandbox = await start();
    const other = sandbox.sequence.addDataSource('Archive of 2024');

    const refusal = await rejectionOf(connect(sandbox).findMembership(ANN));

    expect(refusal).toMatchObject({ name: 'NotionParked', reason: 'several_data_sources' });
    expect(refusal.message).toContain(`"Archive of 2024" ${other}`);
    expect(refusal.message).toContain(sandbox.sequence.dataSourceId);
    expect(refusal.message).toContain('NOTION_EMAIL_SEQUENCE_DATA_SOURCE');
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
    const notion = connect(sandbox, { settings: { contactsDatabaseId: addAnn(sandbox) } });

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
    notion.clock.pass(15 * 60_000);

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
    const notion = connect(sandbox, { settings: { sequenceDatabaseId: '12345678-1234-1234-1234-123456789abc' } });

    expect(await rejectionOf(notion.findMembership(ANN))).toMatchObject({ reason: 'not_shared' });
  });
});

describe('the data source in the settings', () => {
  const start = useSandbox();

  /** Two in one database, of which the first holds the rows. */
  async function withArchive() {
    const sandbox = await start();
    const archive = sandbox.sequence.addDataSource('Archive of 2024');
    addToCampaign(sandbox, ANN);
    return { sandbox, archive };
  }

  it.each(['Email Sequence', ' Email Sequence '])('may be its exact name: %j', async (sequenceDataSource) => {
    const { sandbox } = await withArchive();

    const notion = connect(sandbox, { settings: { sequenceDataSource } });

    await expect(notion.findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
  });

  it('may be its id, with the database or without it', async () => {
    const { sandbox } = await withArchive();
    const { dataSourceId } = sandbox.sequence;

    for (const settings of [
      { sequenceDataSource: dataSourceId },
      { sequenceDataSource: dataSourceId, sequenceDatabaseId: dataSourceId },
    ]) {
      await expect(connect(sandbox, { settings }).findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
    }
  });

  it('is refused when the database holds none of that name, or two, and all are listed', async () => {
    const { sandbox, archive } = await withArchive();
    sandbox.sequence.addDataSource('Archive of 2024');

    for (const [sequenceDataSource, words] of [
      ['email sequence', 'no data source of that name'],
      ['Archive of 2024', 'several data sources of that name'],
    ] as const) {
      const refusal = await rejectionOf(connect(sandbox, { settings: { sequenceDataSource } }).findMembership(ANN));
      expect(refusal).toMatchObject({ reason: 'several_data_sources' });
      expect(refusal.message).toContain(words);
      expect(refusal.message).toContain(`"Archive of 2024" ${archive}`);
    }
  });

  it('is refused when it belongs to another database, or is not there', async () => {
    const { sandbox } = await withArchive();
    const another = connect(sandbox, { settings: { sequenceDataSource: sandbox.contacts.dataSourceId } });
    const nowhere = connect(sandbox, { settings: { sequenceDataSource: '0f3c6a52-9d1e-4b7a-8c55-1e2d3c4b5a69' } });

    expect(await rejectionOf(another.findMembership(ANN))).toMatchObject({
      reason: 'not_a_database',
      message: expect.stringContaining(sandbox.contacts.databaseId),
    });
    expect(await rejectionOf(nowhere.findMembership(ANN))).toMatchObject({
      reason: 'not_shared',
      message: expect.stringContaining('NOTION_EMAIL_SEQUENCE_DATA_SOURCE'),
    });
  });
});

describe('one database in both settings', () => {
  const start = useSandbox();

  it('is refused as soon as it turns out, by name', async () => {
    const sandbox = await start();
    addAnn(sandbox);
    const notion = connect(sandbox, { settings: { sequenceDatabaseId: sandbox.contacts.dataSourceId } });
    await notion.updateContact(ANN, { bookingStatus: 'Booked' });

    expect(await rejectionOf(notion.findMembership(ANN))).toMatchObject({
      reason: 'not_a_database',
      message: expect.stringContaining('NOTION_EMAIL_SEQUENCE_DB_ID'),
    });
    expect(await rejectionOf(notion.updateContact(ANN, { bookingStatus: 'Cancelled' }))).toMatchObject({
      reason: 'not_a_database',
      message: expect.stringContaining('NOTION_BUSINESSX_DB_ID'),
    });
  });
});

describe('what is known of a database', () => {
  const start = useSandbox();

  it('is looked at again every 15 minutes, and not before', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);
    const looks = () => sandbox.journal.filter(({ method }) => method === 'GET').length;
    await notion.findMembership(ANN);
    const first = looks();

    notion.clock.pass(14 * 60_000);
    await notion.findMembership(ANN);
    expect(looks()).toBe(first);

    notion.clock.pass(60_000);
    await notion.findMembership(ANN);
    expect(looks()).toBe(first + 1);
  });

  it('follows what was renamed, and says so once', async () => {
    const sandbox = await start();
    addAnn(sandbox);
    const notion = connect(sandbox);
    await notion.updateContact(ANN, { bookingStatus: 'Cancelled' });
    sandbox.contacts.renameProperty('Booking Status', 'Call');
    sandbox.contacts.renameOption('Call', 'Booked', 'Scheduled');
    sandbox.contacts.renameProperty('Name', 'Full name');

    for (let quarter = 0; quarter < 3; quarter += 1) {
      notion.clock.pass(15 * 60_000);
      await notion.updateContact(ANN, { bookingStatus: 'Booked' });
    }

    expect(notion.log.lines).toEqual([
      {
        level: 'info',
        facts: {
          database: 'contacts database',
          renamed: ['"Booking Status" is now "Call"', '"Booked" is now "Scheduled"'],
        },
        message: expect.stringContaining('precall.yaml'),
      },
    ]);
  });
});
