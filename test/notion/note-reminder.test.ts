import { describe, expect, it } from 'vitest';
import type { NotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { ANN, addToCampaign, connect, emptySeed, rejectionOf, useSandbox, writesTo } from './support.ts';

const REMINDERS = ['Reminder 1 sent', 'Reminder 2 sent'];
const NOTE = { number: 2, sentAt: '2025-12-09T14:00:37.123Z' };

function seedWithReminders() {
  const seed = emptySeed();
  const columns = REMINDERS.map((name) => ({ name, type: 'date' as const }));
  return { ...seed, sequence: { ...seed.sequence, properties: [...seed.sequence.properties, ...columns] } };
}

function shownIn(sandbox: NotionSandbox, id: string) {
  const row = sandbox.sequence.rows().find((other) => other.id === id);
  return REMINDERS.map((name) => row?.cells[name]);
}

describe('noting that a reminder was sent', () => {
  const start = useSandbox();
  const choices = { reminderSent: REMINDERS };

  it("writes the time, to the minute, into the member's row", async () => {
    const sandbox = await start(seedWithReminders());
    const row = addToCampaign(sandbox, ANN);

    await expect(connect(sandbox, { choices }).noteReminderSent(ANN, NOTE)).resolves.toEqual({ outcome: 'updated' });

    expect(shownIn(sandbox, row)).toEqual([null, '2025-12-09T14:00:00.000+00:00']);
    expect(writesTo(sandbox)).toHaveLength(1);
  });

  it('writes nothing if the row says it already, in whatever zone', async () => {
    const sandbox = await start(seedWithReminders());
    const row = addToCampaign(sandbox, ANN);
    const notion = connect(sandbox, { choices });
    await notion.noteReminderSent(ANN, NOTE);

    await expect(notion.noteReminderSent(ANN, NOTE)).resolves.toEqual({ outcome: 'unchanged' });
    sandbox.sequence.edit(row, { 'Reminder 2 sent': '2025-12-09T15:00:00.000+01:00' });
    await expect(notion.noteReminderSent(ANN, NOTE)).resolves.toEqual({ outcome: 'unchanged' });

    expect(writesTo(sandbox)).toHaveLength(1);
  });

  it.each(['commit-then-drop', 'commit-then-503', 'drop'] as const)(
    'is done once, whatever becomes of the answer: %s',
    async (action) => {
      const sandbox = await start(seedWithReminders());
      const row = addToCampaign(sandbox, ANN);
      sandbox.fail({ method: 'PATCH', action });

      await connect(sandbox, { choices }).noteReminderSent(ANN, NOTE);

      expect(shownIn(sandbox, row)[1]).toBe('2025-12-09T14:00:00.000+00:00');
      expect(writesTo(sandbox).filter(({ committed }) => committed)).toHaveLength(1);
    },
  );

  it('leaves alone who is no member, and the rows of other campaigns', async () => {
    const sandbox = await start(seedWithReminders());
    addToCampaign(sandbox, ANN, 'Spring 2026');

    await expect(connect(sandbox, { choices }).noteReminderSent(ANN, NOTE)).resolves.toEqual({
      outcome: 'skipped',
      reason: 'not_a_member',
    });
    expect(writesTo(sandbox)).toEqual([]);
  });

  it('has no place for a reminder that the operator has named no property for', async () => {
    const sandbox = await start(seedWithReminders());
    addToCampaign(sandbox, ANN);

    await expect(connect(sandbox, { choices }).noteReminderSent(ANN, { ...NOTE, number: 3 })).resolves.toEqual({
      outcome: 'skipped',
      reason: 'no_property',
    });
  });

  it('waits for a property that is missing, and keeps nothing else waiting', async () => {
    const sandbox = await start();
    addToCampaign(sandbox, ANN);
    const notion = connect(sandbox, { choices });

    expect(await rejectionOf(notion.noteReminderSent(ANN, NOTE))).toMatchObject({
      name: 'NotionParked',
      reason: 'property_missing',
      message: expect.stringContaining('"Reminder 2 sent"'),
    });
    await expect(notion.findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
  });
});
