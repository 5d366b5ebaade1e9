import { describe, expect, it } from 'vitest';
import type { Cells } from '../../../src/dev/notion-sandbox/sandbox.ts';
import { WORLD_NAMES } from '../../../src/dev/notion-sandbox/worlds.ts';
import { type Connection, connect, rowOf } from './in-process.ts';

async function typesIn({ client }: Connection, data_source_id: string): Promise<Record<string, string>> {
  const { properties } = await client.dataSources.retrieve({ data_source_id });
  return Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, type]));
}

function cells({ contacts }: Connection, property: string): Cells[string][] {
  return contacts.rows().map((row) => row.cells[property] ?? null);
}

describe('each world', () => {
  it.each(WORLD_NAMES)('%s has Ann, and can be asked', async (seed) => {
    const sandbox = connect({ seed });
    const { results } = await sandbox.client.dataSources.query({ data_source_id: sandbox.contacts.dataSourceId });

    expect(rowOf(sandbox, 'Ann')).toBeTruthy();
    expect(results.length).toBe(Math.min(100, sandbox.contacts.rows().filter(({ inTrash }) => !inTrash).length));
    expect(sandbox.sequence.rows()[0]?.cells['Name']).toContain('Ann');
  });

  it.each(WORLD_NAMES)('%s makes its rows one after the other', async (seed) => {
    const { world, contacts } = connect({ seed });
    const times = contacts.rows().map(({ id }) => world.pages.get(id)?.createdAt ?? 0);

    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(world.now());
  });
});

describe('the world', () => {
  it('W1 has a status and addresses of their own type', async () => {
    const sandbox = connect({ seed: 'W1' });

    expect(await typesIn(sandbox, sandbox.contacts.dataSourceId)).toMatchObject({
      email: 'email',
      'Booking Status': 'status',
    });
  });

  it('W2 has a select, and addresses as people write them', async () => {
    const sandbox = connect({ seed: 'W2' });

    expect(await typesIn(sandbox, sandbox.contacts.dataSourceId)).toMatchObject({
      email: 'rich_text',
      'Booking Status': 'select',
    });
    expect(cells(sandbox, 'email')).toEqual(['Ann <ANN@x.ca> ']);
  });

  it('W3 has several data sources in its contacts database', async () => {
    const { client, contacts } = connect({ seed: 'W3' });

    expect(await client.databases.retrieve({ database_id: contacts.databaseId })).toMatchObject({
      data_sources: { length: 3 },
    });
  });

  it('W4 has Ann twice, and once in the trash', () => {
    const sandbox = connect({ seed: 'W4' });

    expect(cells(sandbox, 'email')).toEqual(['ann@x.ca', 'ann@x.ca', 'ANN@x.ca']);
    expect(sandbox.contacts.rows().map(({ inTrash }) => inTrash)).toEqual([true, false, false]);
  });

  it('W5 has 130 contacts with the same domain', () => {
    const addresses = cells(connect({ seed: 'W5' }), 'email');

    expect(new Set(addresses).size).toBe(130);
    expect(addresses.every((address) => String(address).endsWith('@x.ca'))).toBe(true);
  });

  it('W6 has properties of wrong types and options that are missing', async () => {
    const sandbox = connect({ seed: 'W6' });

    expect(await typesIn(sandbox, sandbox.contacts.dataSourceId)).toMatchObject({
      email: 'people',
      'Diagnostic Call Date': 'rich_text',
    });
    expect(sandbox.contacts.optionsOf('Booking Status')).toContain('booked ');
    expect(sandbox.contacts.optionsOf('Christmas Campaign Status')).not.toContain('Pre-Call Prep');
  });

  it('W7 has a sequence that names its contact, and notes its mails in four ways', async () => {
    const sandbox = connect({ seed: 'W7' });

    expect(await typesIn(sandbox, sandbox.sequence.dataSourceId)).toMatchObject({
      Contact: 'relation',
      Address: 'rollup',
      'Email 1 Sent': 'date',
      'Email 2 Sent': 'checkbox',
      'Email 3 Sent': 'rich_text',
      'Email 4 Sent': 'created_time',
    });
    expect(sandbox.sequence.rows()[0]?.cells['Contact']).toEqual([rowOf(sandbox, 'Ann')]);
  });

  it('W8 has 250 blocks before the child page of Ann', () => {
    const sandbox = connect({ seed: 'W8' });
    const content = sandbox.contacts.contentOf(rowOf(sandbox, 'Ann'));

    expect(content.map(({ type }) => type)).toEqual([...Array(250).fill('paragraph'), 'child_page']);
  });
});
