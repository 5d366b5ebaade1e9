import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCampaignActivities } from '../../src/activities/campaign.ts';
import { projectContact } from '../../src/activities/contact-projection.ts';
import { type ContactUpdate, createContactActivities, type ReminderSentNote } from '../../src/activities/notion.ts';
import { errorAnswer, type FaultAction, type NotionSandbox, type Seed } from '../../src/dev/notion-sandbox/sandbox.ts';
import { type ContactFields, type Notion, NotionBusy, NotionUnavailable } from '../../src/notion/notion.ts';
import type { Contacts } from '../../src/store/contacts.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import type { CampaignReport, NotionReport } from '../../src/workflows/messages.ts';
import {
  ANN,
  addAnn,
  addToCampaign,
  connect,
  emptySeed,
  rejectionOf,
  rowOf,
  useSandbox,
  writesTo,
} from '../notion/support.ts';
import { until } from '../support/until.ts';
import { withResolvers } from '../support/with-resolvers.ts';
import { anAttempt } from './an-attempt.ts';
import { useContacts } from './use-contacts.ts';

const startSandbox = useSandbox();
const kept = useContacts();

const BOOKED_AT = Date.parse('2026-11-24T10:00:00.000Z');

/** What Ann's booking for the 3rd of December says. */
function anUpdate(facts: Partial<ContactUpdate> = {}): ContactUpdate {
  return {
    booking: { uid: 'on-the-3rd' },
    email: ANN,
    startsAt: '2026-12-03T15:00:00.000Z',
    endsAt: '2026-12-03T15:30:00.000Z',
    standing: 'live',
    changedAt: '2026-11-24T10:00:00.000Z',
    inCampaign: false,
    ...facts,
  };
}

/** What another one of hers says, for the 10th. */
function onThe10th(facts: Partial<ContactUpdate> = {}): ContactUpdate {
  return anUpdate({
    booking: { uid: 'on-the-10th' },
    startsAt: '2026-12-10T15:00:00.000Z',
    endsAt: '2026-12-10T15:30:00.000Z',
    ...facts,
  });
}

function activitiesOn(
  notion: Row['notion'] | undefined,
  {
    timeZone = 'UTC',
    contacts = kept.contacts,
    now = () => BOOKED_AT,
  }: { timeZone?: string; contacts?: Contacts; now?: () => number } = {},
) {
  const { findMembership } = createCampaignActivities({ notion });
  const { updateContact, noteReminderSent } = createContactActivities({
    notion,
    contacts,
    personOf: (email) => `hash of ${email.toLowerCase()}`,
    timeZone,
    now,
  });
  return {
    findMembership: (email: string, told?: string[]) =>
      anAttempt().run(findMembership, { email, ...(told && { told }) }) as Promise<CampaignReport>,
    noteReminderSent: (note: Partial<ReminderSentNote> = {}) =>
      anAttempt().run(noteReminderSent, {
        booking: { uid: 'on-the-3rd' },
        email: ANN,
        number: 1,
        sentAt: '2026-11-30T15:00:00.000Z',
        ...note,
      }),
    updateContact: (update: Partial<ContactUpdate> = {}, attempt = anAttempt()) =>
      attempt.run(updateContact, anUpdate(update)) as Promise<NotionReport>,
  };
}

async function failureOf(promise: Promise<unknown>): Promise<ApplicationFailure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
  }
  throw new Error('expected an ApplicationFailure');
}

interface Row {
  notion: Pick<Notion, 'updateContact' | 'updateContactPage' | 'noteReminderSent' | 'findMembership'>;
  cells: Partial<ContactFields>;
  writing: boolean;
  /** The most that were ever writing at the same time. */
  mostAtOnce: number;
  /** What happens before each write; throws to have it fail. */
  before: () => Promise<void>;
  /** What happens after each write; throws to have its answer get lost. */
  after: () => Promise<void>;
}

/** One person's row, as {@link Notion} keeps it. */
function aRow(): Row {
  let atOnce = 0;
  const pageId = 'a-page';
  const saysAlready = (fields: ContactFields) =>
    Object.entries(fields).every(([field, value]) => row.cells[field as keyof ContactFields] === value);
  const row: Row = {
    cells: {},
    mostAtOnce: 0,
    get writing() {
      return atOnce > 0;
    },
    before: async () => undefined,
    after: async () => undefined,
    notion: {
      findMembership: async () => ({ state: 'none' }),
      noteReminderSent: async () => ({ outcome: 'updated' }),
      updateContactPage: async () => expect.fail('It is somebody else’s.'),
      async updateContact(_email, wanted, { ours = [], onlyWhileOurs, beforeWrite } = {}) {
        atOnce += 1;
        row.mostAtOnce = Math.max(row.mostAtOnce, atOnce);
        try {
          await row.before();
          const says = ours.find(saysAlready);
          const isLeft = onlyWhileOurs && ours.length > 0 && !says;
          if (isLeft || saysAlready(wanted)) return { outcome: 'unchanged', pageId, left: [] };
          await beforeWrite?.(says, false);
          Object.assign(row.cells, wanted);
          await row.after();
          return { outcome: 'updated', pageId, left: [] };
        } finally {
          atOnce -= 1;
        }
      },
    },
  };
  return row;
}

/** Tries again as Temporal does, only sooner. */
async function untilWritten(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable) throw error;
      await sleep(5);
    }
  }
}

function without(table: keyof Seed, property: string): Seed {
  const seed = emptySeed();
  const properties = seed[table].properties.filter(({ name }) => name !== property);
  return { ...seed, [table]: { ...seed[table], properties } };
}

describe('where the operator does without Notion', () => {
  it('nothing is looked up or written', async () => {
    const { findMembership, updateContact } = activitiesOn(undefined);

    expect(await findMembership(ANN)).toEqual({ state: 'not_looked_up', reason: 'notion_off' });
    expect(await updateContact()).toEqual({ outcome: 'skipped', reason: 'notion_off' });
  });

  it('what a booking says is noted all the same: it counts once Notion is switched on', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);

    await activitiesOn(undefined).updateContact();
    await activitiesOn(connect(sandbox)).updateContact(onThe10th());

    expect(rowOf(sandbox, id)['Diagnostic Call Date']).toBe('2026-12-03');
  });
});

describe('looking up a campaign', () => {
  it('finds a member, and somebody who is none', async () => {
    const sandbox = await startSandbox();
    addToCampaign(sandbox, ANN);
    addToCampaign(sandbox, 'bob@example.com', 'Spring 2026');
    const { findMembership } = activitiesOn(connect(sandbox));

    expect(await findMembership(' Ann@Example.com')).toEqual({ state: 'member', campaign: 'Christmas 2025' });
    expect(await findMembership('bob@example.com')).toEqual({ state: 'none' });
    expect(await findMembership('nobody@example.com')).toEqual({ state: 'none' });
  });
});

describe('updating a contact', () => {
  it('says in the row that the call is booked, and on which day', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);

    const report = await activitiesOn(connect(sandbox)).updateContact({ inCampaign: true });

    expect(report).toEqual({ outcome: 'updated' });
    expect(rowOf(sandbox, id)).toMatchObject({
      'Booking Status': 'Booked',
      'Diagnostic Call Date': '2026-12-03',
      'Christmas Campaign Status': 'Pre-Call Prep',
    });
  });

  it('leaves a row alone that says it already', async () => {
    const sandbox = await startSandbox();
    addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));

    await updateContact();
    expect(await updateContact()).toEqual({ outcome: 'unchanged' });
    expect(writesTo(sandbox)).toHaveLength(1);
  });

  it('reports what could not be written although the rest was', async () => {
    const sandbox = await startSandbox(without('contacts', 'Christmas Campaign Status'));
    const id = addAnn(sandbox);

    const report = await activitiesOn(connect(sandbox)).updateContact({ inCampaign: true });

    expect(report).toEqual({ outcome: 'updated', reason: 'campaignStatus: property_missing' });
    expect(rowOf(sandbox, id)['Booking Status']).toBe('Booked');
  });
});

describe('a call that is over', () => {
  const over = { standing: 'completed', changedAt: '2026-12-03T15:30:00.000Z' } as const;

  it.each([
    ['cancelled', 'Cancelled'],
    ['completed', 'Completed'],
    ['no_show', 'No-Show'],
  ] as const)('is shown as %s', async (standing, status) => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));

    await updateContact();
    expect(await updateContact({ ...over, standing })).toEqual({ outcome: 'updated' });

    expect(rowOf(sandbox, id)).toMatchObject({ 'Booking Status': status, 'Diagnostic Call Date': '2026-12-03' });
  });

  it('is shown whatever the row says, if nothing was ever written to it', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox, { 'Booking Status': 'Not booked' });

    expect(await activitiesOn(connect(sandbox)).updateContact(over)).toEqual({ outcome: 'updated' });

    expect(rowOf(sandbox, id)).toMatchObject({ 'Booking Status': 'Completed', 'Diagnostic Call Date': '2026-12-03' });
  });

  it.each<[string, Record<string, string>]>([
    ['its status', { 'Booking Status': 'No-Show', 'Diagnostic Call Date': '2026-12-03' }],
    ['its date', { 'Booking Status': 'Booked', 'Diagnostic Call Date': '2026-12-09' }],
  ])('is not news to a person who has changed %s since we wrote it', async (_, cells) => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));

    await updateContact();
    sandbox.contacts.edit(id, cells);
    expect(await updateContact(over)).toMatchObject({ outcome: 'unchanged' });
    await updateContact({ ...over, standing: 'cancelled' });

    expect(rowOf(sandbox, id)).toMatchObject(cells);
  });

  it('gives way to the next one that is booked, whatever a person has made of it', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));
    await updateContact();
    sandbox.contacts.edit(id, { 'Booking Status': 'No-Show' });
    await updateContact(over);

    await updateContact(onThe10th());

    expect(rowOf(sandbox, id)).toMatchObject({ 'Booking Status': 'Booked', 'Diagnostic Call Date': '2026-12-10' });
  });

  it('says so when a person has changed the row', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));
    await updateContact();
    sandbox.contacts.edit(id, { 'Booking Status': 'Not booked' });

    expect(await updateContact(over)).toEqual({ outcome: 'unchanged', reason: 'changed_by_a_person' });
  });

  it('is shown though the attempt before it ended without having written anything', async () => {
    const row = aRow();
    const { updateContact } = activitiesOn(row.notion);
    row.after = async () => {
      row.cells = {};
      throw new NotionUnavailable('Notion did not answer within 65 s');
    };
    await failureOf(updateContact());
    row.after = async () => undefined;

    expect(await updateContact(over)).toEqual({ outcome: 'updated' });

    expect(row.cells.bookingStatus).toBe('Completed');
  });

  describe('when an attempt wrote it without hearing so', () => {
    it('is ours to correct, whoever comes next', async () => {
      const row = aRow();
      const { updateContact } = activitiesOn(row.notion);
      await updateContact();
      row.after = async () => {
        throw new NotionUnavailable('Notion did not answer within 65 s');
      };
      await failureOf(updateContact(over));
      row.after = async () => undefined;

      expect(await updateContact({ ...over, standing: 'no_show' })).toEqual({ outcome: 'updated' });

      expect(row.cells.bookingStatus).toBe('No-Show');
    });

    it('is ours to correct after several such attempts', async () => {
      const row = aRow();
      const { updateContact } = activitiesOn(row.notion);
      await updateContact();
      for (const standing of ['completed', 'no_show', 'cancelled'] as const) {
        row.after = async () => {
          throw new NotionUnavailable('Notion did not answer within 65 s');
        };
        await failureOf(updateContact({ ...over, standing }));
      }
      row.after = async () => undefined;

      expect(await updateContact(over)).toEqual({ outcome: 'updated' });
    });

    it('stays a person’s once they have changed it all the same', async () => {
      const row = aRow();
      const { updateContact } = activitiesOn(row.notion);
      await updateContact();
      row.after = async () => {
        throw new NotionUnavailable('Notion did not answer within 65 s');
      };
      await failureOf(updateContact(over));
      row.after = async () => undefined;
      row.cells.callDate = '2026-12-24';

      await updateContact({ ...over, standing: 'no_show' });

      expect(row.cells).toEqual({ bookingStatus: 'Completed', callDate: '2026-12-24' });
    });
  });

  it('is not written by somebody whose contact another has taken over meanwhile', async () => {
    const row = aRow();
    const { updateContact } = activitiesOn(row.notion);
    row.before = async () => {
      row.before = async () => undefined;
      await kept.endLeases();
      await updateContact({ ...over, standing: 'cancelled' });
    };

    expect(await failureOf(updateContact())).toMatchObject({ type: 'contact_busy' });
    expect(row.cells.bookingStatus).toBe('Cancelled');
  });
});

describe('several bookings of one person', () => {
  const calledOff = { standing: 'cancelled', changedAt: '2026-11-25T10:00:00.000Z' } as const;

  it('are known as such in whatever letters the address is written', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));

    await updateContact();
    await updateContact(onThe10th({ email: ANN.toUpperCase() }));

    expect(rowOf(sandbox, id)['Diagnostic Call Date']).toBe('2026-12-03');
  });

  it('show the next call to come, until none is left', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));
    const shown = () => [rowOf(sandbox, id)['Booking Status'], rowOf(sandbox, id)['Diagnostic Call Date']];

    await updateContact(onThe10th());
    expect(shown()).toEqual(['Booked', '2026-12-10']);
    await updateContact();
    expect(shown()).toEqual(['Booked', '2026-12-03']);
    await updateContact(calledOff);
    expect(shown()).toEqual(['Booked', '2026-12-10']);
    await updateContact(onThe10th(calledOff));
    expect(shown()).toEqual(['Cancelled', '2026-12-10']);
  });

  it('are written one at a time: who comes meanwhile is to come again', async () => {
    const row = aRow();
    const { updateContact } = activitiesOn(row.notion);
    const first = withResolvers();
    row.before = () => first.promise;

    const writing = updateContact();
    await until('first write', () => row.writing);
    const busy = await failureOf(updateContact(onThe10th(), anAttempt()));
    first.resolve();
    await writing;

    expect(busy).toMatchObject({ type: 'contact_busy', nextRetryDelay: 1_000, category: 'BENIGN' });
    expect(busy.nonRetryable).toBeFalsy();
    expect(JSON.stringify([busy.message, busy.stack])).not.toContain(ANN);
    expect(await updateContact(onThe10th())).toEqual({ outcome: 'unchanged' });
  });

  describe('do not wait for one', () => {
    it('that Notion has refused', async () => {
      const sandbox = await startSandbox();
      const { updateContact } = activitiesOn(connect(sandbox));

      expect(await updateContact()).toEqual({ outcome: 'pending', reason: 'contact_not_found' });
      addAnn(sandbox);

      expect(await updateContact(onThe10th())).toEqual({ outcome: 'updated' });
    });

    it('that Notion did not answer', async () => {
      const sandbox = await startSandbox();
      addAnn(sandbox);
      const { updateContact } = activitiesOn(connect(sandbox));
      sandbox.fail({ times: 20, action: 'drop' });

      await failureOf(updateContact());
      sandbox.heal();

      expect(await updateContact(onThe10th())).toEqual({ outcome: 'updated' });
    });

    it('that was withdrawn while it wrote', async () => {
      const row = aRow();
      const { updateContact } = activitiesOn(row.notion);
      const attempt = anAttempt();
      row.before = async () => attempt.cancel();

      await updateContact({}, attempt);

      expect(await updateContact(onThe10th())).toEqual({ outcome: 'unchanged' });
    });

    it('whose worker has died, for longer than its lease', async () => {
      const row = aRow();
      const { updateContact } = activitiesOn(row.notion);
      row.before = () => new Promise(() => undefined);
      void updateContact();
      await until('first write', () => row.writing);
      row.before = async () => undefined;

      expect((await failureOf(updateContact(onThe10th()))).type).toBe('contact_busy');
      await kept.endLeases();

      expect(await updateContact(onThe10th())).toEqual({ outcome: 'updated' });
      expect(row.cells).toMatchObject({ bookingStatus: 'Booked', callDate: '2026-12-03' });
    });
  });

  describe('when the store goes away after the write', () => {
    const aStoreThatIsGone = (): Contacts => ({
      ...kept.contacts,
      giveBack: async () => {
        throw new StoreUnavailable('ECONNREFUSED');
      },
    });

    it('are written again, since nobody knows what was', async () => {
      const { notion } = aRow();

      const rejection = await rejectionOf(activitiesOn(notion, { contacts: aStoreThatIsGone() }).updateContact());

      expect(rejection).toBeInstanceOf(StoreUnavailable);
    });

    it('fail for what Notion said, if that failed as well', async () => {
      const sandbox = await startSandbox();
      addAnn(sandbox);
      addAnn(sandbox);
      const { updateContact } = activitiesOn(connect(sandbox), { contacts: aStoreThatIsGone() });

      expect(await failureOf(updateContact())).toMatchObject({ type: 'contact_ambiguous', nonRetryable: true });
    });
  });

  it('end in one row, in whatever order and however often they are told, all at once', async () => {
    const standing = fc.constantFrom<ContactUpdate['standing']>('live', 'cancelled', 'completed', 'no_show');
    const facts = fc.record({
      standing,
      second: fc.nat(3),
      inCampaign: fc.boolean(),
      times: fc.integer({ min: 1, max: 2 }),
    });
    // Of each booking what it says, one after the other, as its run does.
    const bookings = fc.array(fc.array(facts, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
    const hitches = fc.infiniteStream(fc.constantFrom('none', 'none', 'slow', 'fails'));
    let people = 0;

    await fc.assert(
      fc.asyncProperty(
        bookings,
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        hitches,
        async (told, order, hitch) => {
          people += 1;
          const person = people;
          const row = aRow();
          const { updateContact } = activitiesOn(row.notion);
          row.before = async () => {
            const { value } = hitch.next();
            if (value === 'slow') await sleep(10);
            if (value === 'fails') throw new NotionUnavailable('Notion answered 503');
          };
          const updates = told.map((all, index) =>
            all.flatMap(({ second, times, ...rest }) =>
              Array.from({ length: times }, () =>
                anUpdate({
                  ...rest,
                  booking: { uid: `${person}-${index}` },
                  email: `${person}@example.com`,
                  // Two of the four are for the same instant.
                  startsAt: `2026-12-0${1 + Math.floor(index / 2)}T15:00:00.000Z`,
                  changedAt: `2026-12-05T10:00:0${second}.000Z`,
                }),
              ),
            ),
          );

          const runOf = async (all: ContactUpdate[]) => {
            for (const update of all) await untilWritten(() => updateContact(update));
          };
          await Promise.all(order.flatMap((index) => (updates[index] ? [runOf(updates[index])] : [])));

          const last = updates.map((all) => all.at(-1)!);
          const wanted = projectContact(
            last.map(({ booking, email: _, ...rest }) => ({ ...booking, ...rest })),
            'UTC',
          );
          const wasInCampaign = updates.flat().some((update) => update.standing === 'live' && update.inCampaign);
          expect(row.cells).toEqual({ ...wanted, ...(wasInCampaign && { campaignStatus: 'Pre-Call Prep' }) });
          expect(row.mostAtOnce).toBe(1);
        },
      ),
      // Looking for a smaller example takes minutes here.
      { numRuns: 30, endOnFailure: true },
    );
  }, 60_000);
});

describe('a booking that has become somebody else’s', () => {
  const BOB = 'bob@example.com';
  const statusOf = (sandbox: NotionSandbox, id: string) => [
    rowOf(sandbox, id)['Booking Status'],
    rowOf(sandbox, id)['Diagnostic Call Date'],
  ];

  /** Ann has booked, and then it is Bob's. */
  async function changesHands(sandbox: NotionSandbox, { meanwhile }: { meanwhile?: (ann: string) => unknown } = {}) {
    const ann = addAnn(sandbox);
    const bob = sandbox.contacts.add({ Name: 'Bob', email: BOB });
    const notion = connect(sandbox);
    const { updateContact } = activitiesOn(notion);
    await updateContact();
    await meanwhile?.(ann);
    return { ann, bob, notion, updateContact, report: await updateContact({ email: BOB }) };
  }

  it('is called off for whose it was, and theirs whose it is', async () => {
    const sandbox = await startSandbox();

    const { ann, bob, report } = await changesHands(sandbox);

    expect(report).toEqual({ outcome: 'updated' });
    expect(statusOf(sandbox, ann)).toEqual(['Cancelled', '2026-12-03']);
    expect(statusOf(sandbox, bob)).toEqual(['Booked', '2026-12-03']);
  });

  it('is told once', async () => {
    const sandbox = await startSandbox();
    const { ann, notion, updateContact } = await changesHands(sandbox);
    const looks = () => notion.requests.filter(({ path }) => path.endsWith(ann)).length;
    const before = looks();

    await updateContact({ email: BOB, changedAt: '2026-11-25T10:00:00.000Z' });

    expect(before).toBeGreaterThan(0);
    expect(looks()).toBe(before);
  });

  it('gives way to another one of whose it was', async () => {
    const sandbox = await startSandbox();

    const { ann } = await changesHands(sandbox, {
      meanwhile: () => activitiesOn(connect(sandbox)).updateContact(onThe10th()),
    });

    expect(statusOf(sandbox, ann)).toEqual(['Booked', '2026-12-10']);
  });

  it('is no news to a person who has changed the row since', async () => {
    const sandbox = await startSandbox();

    const { ann, bob } = await changesHands(sandbox, {
      meanwhile: async (id) => {
        await activitiesOn(connect(sandbox)).updateContact(onThe10th());
        sandbox.contacts.edit(id, { 'Booking Status': 'Not booked' });
      },
    });

    expect(statusOf(sandbox, ann)).toEqual(['Not booked', '2026-12-03']);
    expect(statusOf(sandbox, bob)).toEqual(['Booked', '2026-12-03']);
  });

  it.each<[string, (sandbox: NotionSandbox, ann: string) => unknown]>([
    ['thrown away', (sandbox, ann) => sandbox.contacts.trashRow(ann)],
    ['taken out of our reach', (sandbox, ann) => void sandbox.change({ kind: 'unshare', id: ann })],
  ])('is theirs whose it is also where the other row was %s', async (_, takeAway) => {
    const sandbox = await startSandbox();

    const { bob, report } = await changesHands(sandbox, { meanwhile: (ann) => takeAway(sandbox, ann) });

    expect(report).toEqual({ outcome: 'updated' });
    expect(statusOf(sandbox, bob)).toEqual(['Booked', '2026-12-03']);
    expect(await kept.contacts.formerBookers({ uid: 'on-the-3rd' })).toEqual([]);
  });

  it('is told of although nobody knows whose it is now', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));
    await updateContact();

    expect(await updateContact({ email: 'nobody@example.com' })).toMatchObject({ outcome: 'pending' });

    expect(statusOf(sandbox, ann)).toEqual(['Cancelled', '2026-12-03']);
  });

  it('is told of later, where Notion is away just then', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox);
    sandbox.contacts.add({ Name: 'Bob', email: BOB });
    const notion = connect(sandbox);
    const { updateContact } = activitiesOn(notion);
    await updateContact();
    sandbox.fail({ times: Number.POSITIVE_INFINITY, action: 'drop' });
    await failureOf(updateContact({ email: BOB }));
    sandbox.heal();
    notion.clock.pass(240_000);

    await updateContact({ email: BOB });

    expect(statusOf(sandbox, ann)).toEqual(['Cancelled', '2026-12-03']);
  });

  it('waits for whoever writes to whose it was', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));
    await updateContact();
    await kept.contacts.lease(`hash of ${ANN}`, 60_000);

    expect(await failureOf(updateContact({ email: BOB }))).toMatchObject({ type: 'contact_busy' });

    expect(statusOf(sandbox, ann)).toEqual(['Booked', '2026-12-03']);
    expect(await kept.contacts.lease(`hash of ${BOB}`, 60_000)).toBeDefined();
  });

  it('is told of without a word to a contact that Notion was never told of', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox, { 'Booking Status': 'Not booked' });
    sandbox.contacts.add({ Name: 'Bob', email: BOB });
    await activitiesOn(undefined).updateContact();

    expect(await activitiesOn(connect(sandbox)).updateContact({ email: BOB })).toEqual({ outcome: 'updated' });

    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Not booked');
  });
});

describe('a person whom Notion does not know', () => {
  const missed = (at: string) => ({ told: { contact_not_found: at } });
  const MISSED_AT = '2026-11-24T10:00:00.000Z';
  const whenMissedFor = (ms: number) => () => Date.parse(MISSED_AT) + ms;
  const MINUTE_MS = 60_000;

  it('is missed at once, which is told', async () => {
    const sandbox = await startSandbox();

    expect(await activitiesOn(connect(sandbox)).updateContact()).toEqual({
      outcome: 'pending',
      reason: 'contact_not_found',
    });
  });

  it.each([
    ['at first, without a look', 1_000, 59_000, 0],
    ['after a minute', MINUTE_MS, 9 * MINUTE_MS, 1],
    ['after ten', 10 * MINUTE_MS + 200, 50 * MINUTE_MS - 200, 1],
  ])('is waited for: %s', async (_, sinceMs, pauseMs, looks) => {
    const sandbox = await startSandbox();
    const notion = connect(sandbox);
    const { updateContact } = activitiesOn(notion, { now: whenMissedFor(sinceMs) });

    const failure = await failureOf(updateContact(missed(MISSED_AT)));

    expect(failure).toMatchObject({ type: 'contact_not_found', nextRetryDelay: pauseMs, category: 'BENIGN' });
    expect(failure.nonRetryable).toBeFalsy();
    expect(notion.requests.filter(({ path }) => path.endsWith('/query'))).toHaveLength(looks);
  });

  it('is given up at once when the call is over before another look', async () => {
    const sandbox = await startSandbox();
    const soon = { startsAt: '2026-11-24T10:00:10.000Z', endsAt: '2026-11-24T10:00:40.000Z' };

    expect(await failureOf(activitiesOn(connect(sandbox)).updateContact(soon))).toMatchObject({
      type: 'contact_not_found',
      nonRetryable: true,
    });
  });

  it('is given up after an hour', async () => {
    const sandbox = await startSandbox();
    const { updateContact } = activitiesOn(connect(sandbox), { now: whenMissedFor(60 * MINUTE_MS) });

    expect(await failureOf(updateContact(missed(MISSED_AT)))).toMatchObject({
      type: 'contact_not_found',
      nonRetryable: true,
    });
  });

  it('is written to when somebody has added them meanwhile', async () => {
    const sandbox = await startSandbox();
    const { updateContact } = activitiesOn(connect(sandbox), { now: whenMissedFor(10 * MINUTE_MS) });
    addAnn(sandbox);

    expect(await updateContact(missed(MISSED_AT))).toEqual({ outcome: 'updated' });
  });

  describe('where contacts are made', () => {
    const create = { name: 'Ann Author' };

    it('is looked for once more, and then added', async () => {
      const sandbox = await startSandbox();
      const { updateContact } = activitiesOn(connect(sandbox), { now: whenMissedFor(100) });
      expect(await updateContact({ create })).toEqual({ outcome: 'pending', reason: 'contact_not_found' });
      expect(sandbox.contacts.rows()).toEqual([]);

      expect(await updateContact({ create, ...missed(MISSED_AT) })).toEqual({
        outcome: 'updated',
        reason: 'contact_created',
      });

      expect(sandbox.contacts.rows().map(({ cells }) => [cells['Name'], cells['Booking Status']])).toEqual([
        ['Ann Author', 'Booked'],
      ]);
      expect(sandbox.violations({})).toEqual([]);
    });

    it.each([
      [1, 10_000],
      [7, 64_000],
    ])('is not looked for at once when it was perhaps added: attempt %i', async (number, pauseMs) => {
      const sandbox = await startSandbox();
      const { updateContact } = activitiesOn(connect(sandbox), { now: whenMissedFor(100) });
      sandbox.fail({ times: 9, method: 'POST', path: /^\/v1\/pages$/, action: 'drop' });
      const attempt = anAttempt({ attempt: number });

      const failure = await failureOf(updateContact({ create, ...missed(MISSED_AT) }, attempt));

      expect(failure).toMatchObject({ type: 'NotionUnavailable', nextRetryDelay: pauseMs });
      expect(failure.nonRetryable).toBeFalsy();
    });

    it('is looked for as soon as ever when nobody came to add it', async () => {
      const sandbox = await startSandbox();
      const { updateContact } = activitiesOn(connect(sandbox), { now: whenMissedFor(100) });
      sandbox.fail({ times: 9, path: /query$/, action: 'drop' });

      const failure = await failureOf(updateContact({ create, ...missed(MISSED_AT) }));

      expect(failure).toMatchObject({ type: 'NotionUnavailable' });
      expect(failure.nextRetryDelay).toBeUndefined();
    });

    it('is added once by several bookings at once', async () => {
      const sandbox = await startSandbox();
      const { updateContact } = activitiesOn(connect(sandbox), { now: whenMissedFor(100) });
      const both = [{ create, ...missed(MISSED_AT) }, onThe10th({ create, ...missed(MISSED_AT) })];

      await Promise.all(both.map((update) => untilWritten(() => updateContact(update))));

      expect(sandbox.contacts.rows()).toHaveLength(1);
    });
  });
});

describe('what a person has to mend for this booking alone', () => {
  it.each<[string, Partial<ContactUpdate>, (sandbox: NotionSandbox) => unknown]>([
    ['contact_ambiguous', {}, (sandbox) => [addAnn(sandbox), addAnn(sandbox)]],
    ['address_unusable', { email: 'no address' }, () => undefined],
    ['invalid_request', {}, (sandbox) => sandbox.fail({ times: 9, path: /query/, action: { validation: ANN } })],
  ])('ends the attempts to update a contact, by its name: %s', async (reason, update, prepare) => {
    const sandbox = await startSandbox();
    prepare(sandbox);

    const failure = await failureOf(activitiesOn(connect(sandbox)).updateContact(update));

    expect(failure).toMatchObject({ type: reason, nonRetryable: true });
    expect(JSON.stringify([failure.message, failure.stack, failure])).not.toMatch(/ann@example|ntn_/);
  });

  it('ends the attempts to look up a campaign', async () => {
    const { findMembership } = activitiesOn(connect(await startSandbox()));

    expect(await failureOf(findMembership('no address'))).toMatchObject({
      type: 'address_unusable',
      nonRetryable: true,
    });
  });
});

describe('what a person has to mend for everybody', () => {
  it.each<[string, Seed, (sandbox: NotionSandbox) => unknown]>([
    ['property_missing', without('contacts', 'Booking Status'), (sandbox) => addAnn(sandbox)],
    ['unauthorized', emptySeed(), (sandbox) => sandbox.change({ kind: 'revoke_token' })],
    ['forbidden', emptySeed(), (sandbox) => sandbox.fail({ times: 9, action: { answer: errorAnswer(403) } })],
    ['not_shared', emptySeed(), (sandbox) => sandbox.contacts.unshare()],
  ])('is told once, then waited for: %s', async (reason, seed, prepare) => {
    const sandbox = await startSandbox(seed);
    prepare(sandbox);
    const { updateContact } = activitiesOn(connect(sandbox));

    expect(await updateContact()).toEqual({ outcome: 'pending', reason });
    const asked = sandbox.journal.length;
    const failure = await failureOf(updateContact({ told: { [reason]: '2026-11-24T10:00:00.000Z' } }));

    expect(failure).toMatchObject({ type: reason, nextRetryDelay: 240_000, category: 'BENIGN' });
    expect(failure.nonRetryable).toBeFalsy();
    expect(sandbox.journal).toHaveLength(asked);
    expect(JSON.stringify([failure.message, failure.stack, failure])).not.toMatch(/ann@example|ntn_/);
  });

  it('is right by itself once it is mended', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    sandbox.contacts.removeOption('Booking Status', 'Booked');
    const notion = connect(sandbox);
    const { updateContact } = activitiesOn(notion);
    const told = { option_missing: '2026-11-24T10:00:00.000Z' };
    await failureOf(updateContact({ told }));
    sandbox.contacts.addOption('Booking Status', 'Booked');

    notion.clock.pass(15 * 60_000);
    expect(await updateContact({ told })).toEqual({ outcome: 'updated' });

    expect(rowOf(sandbox, id)['Booking Status']).toBe('Booked');
  });

  it('leaves the membership unknown, which is told once', async () => {
    const sandbox = await startSandbox(without('sequence', 'Campaign'));
    const notion = connect(sandbox);
    const { findMembership } = activitiesOn(notion);

    expect(await findMembership(ANN)).toEqual({ state: 'unknown', reason: 'property_missing' });
    expect(await failureOf(findMembership(ANN, ['property_missing']))).toMatchObject({
      type: 'property_missing',
      category: 'BENIGN',
    });
    sandbox.change({ kind: 'revoke_token' });
    notion.clock.pass(15 * 60_000);
    expect(await findMembership(ANN, ['property_missing'])).toEqual({ state: 'unknown', reason: 'unauthorized' });
  });
});

describe('what may pass', () => {
  it.each<[string, FaultAction]>([
    ['a fault at Notion', { answer: errorAnswer(500) }],
    ['an overload', { answer: errorAnswer(529) }],
    ['a conflict', { answer: errorAnswer(409) }],
    ['a lost connection', 'drop'],
    ['silence', 'hang'],
  ])('is tried again by Temporal, when it does not pass at once: %s', async (_, action) => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    const notion = connect(sandbox, { timeoutsMs: { read: 500, write: 500 } });
    const { updateContact, findMembership } = activitiesOn(notion);
    sandbox.fail({ times: Number.POSITIVE_INFINITY, action });

    for (const work of [updateContact, () => findMembership(ANN)]) {
      const failure = await failureOf(work());
      expect(failure.nonRetryable).toBeFalsy();
      expect(failure.nextRetryDelay ?? 0).toBeLessThanOrEqual(240_000);
    }

    sandbox.heal();
    notion.clock.pass(240_000);
    expect(await updateContact()).toEqual({ outcome: 'updated' });
    expect(rowOf(sandbox, id)['Booking Status']).toBe('Booked');
  });

  it.each([
    [7_000, 7_000],
    [3_600_000, 240_000],
  ])(
    'is tried again after as long as Notion wants, or finds out by itself that it is too early: %i ms',
    async (askedMs, pauseMs) => {
      const { notion } = aRow();
      const updateContact = async () => {
        throw new NotionUnavailable('Notion answered 503', askedMs);
      };

      const failure = await failureOf(activitiesOn({ ...notion, updateContact }).updateContact());

      expect(failure).toMatchObject({ type: 'NotionUnavailable', nextRetryDelay: pauseMs });
      expect(failure.nonRetryable).toBeFalsy();
    },
  );

  it('is no failure when it is not our turn', async () => {
    const { notion } = aRow();
    const findMembership = async () => {
      throw new NotionBusy(25_000);
    };

    const failure = await failureOf(activitiesOn({ ...notion, findMembership }).findMembership(ANN));

    expect(failure).toMatchObject({ type: 'notion_busy', nextRetryDelay: 25_000, category: 'BENIGN' });
  });
});

describe('noting that a reminder was sent', () => {
  it('waits for whoever writes to the same person', async () => {
    const row = aRow();
    const { updateContact, noteReminderSent } = activitiesOn(row.notion);
    const first = withResolvers();
    row.before = () => first.promise;

    const writing = updateContact();
    await until('first write', () => row.writing);
    expect(await failureOf(noteReminderSent())).toMatchObject({ type: 'contact_busy' });
    first.resolve();
    await writing;

    expect(await noteReminderSent()).toEqual({ outcome: 'updated' });
    expect(await updateContact(onThe10th())).toEqual({ outcome: 'unchanged' });
  });

  it('is tried again after what may pass, and nobody waits for it meanwhile', async () => {
    const row = aRow();
    row.notion.noteReminderSent = async () => {
      throw new NotionUnavailable('Notion answered 503');
    };
    const { updateContact, noteReminderSent } = activitiesOn(row.notion);

    expect((await failureOf(noteReminderSent())).nonRetryable).toBeFalsy();
    expect(await updateContact()).toEqual({ outcome: 'updated' });
  });

  it('is left out where the operator does without Notion', async () => {
    expect(await activitiesOn(undefined).noteReminderSent()).toEqual({ outcome: 'skipped', reason: 'notion_off' });
  });
});

describe('the date of a call', () => {
  it('that Notion is told is the day where the business is', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);

    await activitiesOn(connect(sandbox), { timeZone: 'Pacific/Auckland' }).updateContact({
      startsAt: '2026-12-03T11:30:00.000Z',
    });

    expect(rowOf(sandbox, id)['Diagnostic Call Date']).toBe('2026-12-04');
  });
});
