import { describe, expect, it } from 'vitest';
import { changeWorld, resetTo, takeSnapshot, type WorldChange } from '../../../src/dev/notion-sandbox/world-changes.ts';
import { type Connection, connect, NOWHERE, refusalOf, rowOf } from './in-process.ts';

/** A sandbox, and a way to change its contacts database. */
function aWorld() {
  const sandbox = connect();
  const { world, contacts } = sandbox;
  const change = (made: WorldChange) => changeWorld(world, made);
  return { sandbox, client: sandbox.client, world, contacts, change, here: { in: contacts.databaseId } };
}

const schemaOf = async ({ client, contacts }: Connection) =>
  (await client.dataSources.retrieve({ data_source_id: contacts.dataSourceId })).properties;

describe('somebody', () => {
  it('renames a property, which keeps its id and what it holds', async () => {
    const { sandbox, change, here, contacts } = aWorld();
    const { email } = await schemaOf(sandbox);

    change({ kind: 'rename_property', ...here, property: 'email', to: 'E-mail' });

    expect((await schemaOf(sandbox))['E-mail']?.id).toBe(email?.id);
    expect(contacts.rows()[0]?.cells).toMatchObject({ 'E-mail': 'ada.moreau@example.com' });
  });

  it('gives a property another type, which empties it', async () => {
    const { sandbox, change, here, contacts } = aWorld();

    change({ kind: 'retype_property', ...here, property: 'Booking Status', type: 'select', options: ['Booked'] });

    expect((await schemaOf(sandbox))['Booking Status']).toMatchObject({ select: { options: [{ name: 'Booked' }] } });
    expect(contacts.rows()[0]?.cells['Booking Status']).toBeNull();
  });

  it('removes a property and adds one', async () => {
    const { sandbox, change, here, contacts } = aWorld();

    change({ kind: 'remove_property', ...here, property: 'email' });
    const id = change({ kind: 'add_property', ...here, property: 'Tick', type: 'checkbox' });

    expect(await schemaOf(sandbox)).not.toHaveProperty('email');
    expect((await schemaOf(sandbox))['Tick']?.id).toBe(id);
    expect(contacts.rows()[0]?.cells['Tick']).toBe(false);
  });

  it('adds, renames and removes options, which rows then have no more', () => {
    const { change, here, contacts } = aWorld();
    const property = 'Christmas Campaign Status';

    change({ kind: 'add_option', ...here, property, option: 'Later' });
    change({ kind: 'rename_option', ...here, property, option: 'Emails running', to: 'Running' });
    expect(contacts.rows()[0]?.cells[property]).toBe('Running');
    change({ kind: 'remove_option', ...here, property, option: 'Running' });

    expect(contacts.optionsOf(property)).toEqual(['Replied', 'Pre-Call Prep', 'Won', 'Lost', 'Later']);
    expect(contacts.rows()[0]?.cells[property]).toBeNull();
  });

  it('adds a row, edits one, and adds the same once more', () => {
    const { sandbox, change, here, contacts } = aWorld();

    const zoe = `${change({ kind: 'add_row', ...here, cells: { Name: 'Zoe', email: 'zoe@example.com' } })}`;
    change({ kind: 'edit_row', id: zoe, cells: { 'Booking Status': 'Booked' } });
    const again = change({ kind: 'duplicate_row', id: zoe });

    expect(contacts.rows().slice(-2)).toMatchObject([
      { id: zoe, cells: { email: 'zoe@example.com', 'Booking Status': 'Booked' } },
      { id: again, cells: { email: 'zoe@example.com', 'Booking Status': 'Booked' } },
    ]);
    expect(rowOf(sandbox, 'Zoe')).toBe(zoe);
  });

  it('puts things into the trash and takes them out, archives them, hides them and shares them', async () => {
    const { sandbox, client, change, contacts } = aWorld();
    const id = rowOf(sandbox, 'Ada Moreau');
    const page = () => client.pages.retrieve({ page_id: id });

    change({ kind: 'trash', id });
    expect(await page()).toMatchObject({ in_trash: true });
    change({ kind: 'restore', id });
    change({ kind: 'archive_row', id });
    expect(await page()).toMatchObject({ in_trash: false, is_archived: true });
    change({ kind: 'unshare', id: contacts.databaseId });
    expect(await refusalOf(page())).toMatchObject({ status: 404 });
    change({ kind: 'share', id: contacts.databaseId });
    change({ kind: 'trash', id: contacts.dataSourceId });
    expect(await client.dataSources.retrieve({ data_source_id: contacts.dataSourceId })).toMatchObject({
      in_trash: true,
    });
  });

  it('adds a second data source', async () => {
    const { client, change, here, contacts } = aWorld();

    const id = change({ kind: 'add_data_source', ...here, name: 'Archive' });

    expect(await client.databases.retrieve({ database_id: contacts.databaseId })).toMatchObject({
      data_sources: [{ id: contacts.dataSourceId }, { id, name: 'Archive' }],
    });
  });

  it('revokes the token, changes what it may do, and makes the workspace small', async () => {
    const { client, change, contacts } = aWorld();
    const query = () => client.dataSources.query({ data_source_id: contacts.dataSourceId });

    change({ kind: 'revoke_token' });
    expect(await refusalOf(query())).toMatchObject({ status: 401 });
    change({ kind: 'renew_token' });
    change({ kind: 'allow', capabilities: ['update'] });
    expect(await refusalOf(query())).toMatchObject({ status: 403 });
    change({ kind: 'allow', capabilities: ['read'] });
    change({ kind: 'limit', queryCeiling: 2 });
    expect(await query()).toMatchObject({ results: { length: 2 }, request_status: { type: 'incomplete' } });
  });

  it.each<WorldChange>([
    { kind: 'rename_property', in: NOWHERE, property: 'email', to: 'x' },
    { kind: 'edit_row', id: NOWHERE, cells: {} },
    { kind: 'trash', id: NOWHERE },
  ])('cannot change what is not there: $kind', (change) => {
    expect(() => aWorld().change(change)).toThrow(NOWHERE);
  });
});

describe('a snapshot', () => {
  it('brings everything back, as often as it is wanted', async () => {
    const { sandbox, client, world, change, here, contacts } = aWorld();
    const before = takeSnapshot(world);
    const rows = contacts.rows();
    const schema = await schemaOf(sandbox);

    for (const name of ['Zoe', 'Yan']) {
      change({ kind: 'add_row', ...here, cells: { Name: name } });
      change({ kind: 'rename_property', ...here, property: 'email', to: 'E-mail' });
      change({ kind: 'revoke_token' });
      await client.pages.update({ page_id: rowOf(sandbox, 'Ada Moreau'), in_trash: true }).catch(() => undefined);
      resetTo(world, before);

      expect(contacts.rows()).toEqual(rows);
      expect(await schemaOf(sandbox)).toEqual(schema);
    }
  });

  it('leaves the clock alone', () => {
    const { sandbox, world } = aWorld();
    const before = takeSnapshot(world);
    const at = world.now();
    sandbox.wait(1000);

    resetTo(world, before);

    expect(world.now()).toBe(at + 1000);
  });
});
