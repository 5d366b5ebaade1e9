import { ApplicationFailure } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';
import { createCampaignActivities } from '../../src/activities/campaign.ts';
import { type ContactUpdate, createContactActivities } from '../../src/activities/notion.ts';
import {
  errorAnswer,
  type FaultAction,
  type NotionSandbox,
  rateLimited,
  type Seed,
} from '../../src/dev/notion-sandbox/sandbox.ts';
import type { Notion } from '../../src/notion/notion.ts';
import type { NotionReport } from '../../src/workflows/messages.ts';
import { ANN, addAnn, addToCampaign, connect, emptySeed, rowOf, useSandbox, writesTo } from '../notion/support.ts';
import { anAttempt } from './an-attempt.ts';

const startSandbox = useSandbox();

const BOOKED: ContactUpdate = {
  bookingUid: 'zcioSE6n51cbpobbEprooE',
  email: ANN,
  startsAt: '2026-12-03T15:00:00.000Z',
  bookingStatus: 'Booked',
};

function activitiesOn(notion: Notion | undefined, timeZone = 'UTC') {
  const { findMembership } = createCampaignActivities({ notion });
  const { updateContact } = createContactActivities({ notion, timeZone });
  return {
    findMembership: (email: string) => anAttempt().run(findMembership, { email }),
    updateContact: (update: Partial<ContactUpdate> = {}) =>
      anAttempt().run(updateContact, { ...BOOKED, ...update }) as Promise<NotionReport>,
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

    const report = await activitiesOn(connect(sandbox)).updateContact({ campaignStatus: 'Pre-Call Prep' });

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

    const report = await activitiesOn(connect(sandbox)).updateContact({ campaignStatus: 'Pre-Call Prep' });

    expect(report).toEqual({ outcome: 'updated', reason: 'campaignStatus: property_missing' });
    expect(rowOf(sandbox, id)['Booking Status']).toBe('Booked');
  });

  describe('only while it is booked for this call', () => {
    const completed = { bookingStatus: 'Completed', onlyIfBooked: true } as const;

    it.each<[string, Record<string, string>, string]>([
      ['writes to a row that is', { 'Booking Status': 'Booked', 'Diagnostic Call Date': '2026-12-03' }, 'Completed'],
      [
        'leaves one alone that was cancelled',
        { 'Booking Status': 'Cancelled', 'Diagnostic Call Date': '2026-12-03' },
        'Cancelled',
      ],
      [
        'leaves one alone that is booked for another day',
        { 'Booking Status': 'Booked', 'Diagnostic Call Date': '2026-12-09' },
        'Booked',
      ],
    ])('%s', async (_, cells, status) => {
      const sandbox = await startSandbox();
      const id = addAnn(sandbox, cells);

      const report = await activitiesOn(connect(sandbox)).updateContact(completed);

      expect(report.outcome).toBe(status === 'Completed' ? 'updated' : 'unchanged');
      expect(rowOf(sandbox, id)).toMatchObject({ ...cells, 'Booking Status': status });
    });
  });
});

describe('what only a person can mend', () => {
  type Story = [reason: string, seed: Seed, prepare: (sandbox: NotionSandbox) => unknown];

  it.each<Story>([
    ['contact_not_found', emptySeed(), () => undefined],
    ['contact_ambiguous', emptySeed(), (sandbox) => [addAnn(sandbox), addAnn(sandbox)]],
    ['property_missing', without('contacts', 'Booking Status'), (sandbox) => addAnn(sandbox)],
    ['unauthorized', emptySeed(), (sandbox) => sandbox.fail({ times: 9, action: { answer: errorAnswer(401) } })],
    ['forbidden', emptySeed(), (sandbox) => sandbox.fail({ times: 9, action: { answer: errorAnswer(403) } })],
  ])('ends the attempts to update a contact, by its name: %s', async (reason, seed, prepare) => {
    const sandbox = await startSandbox(seed);
    prepare(sandbox);

    const failure = await failureOf(activitiesOn(connect(sandbox)).updateContact());

    expect(failure).toMatchObject({ type: reason, nonRetryable: true });
    expect(JSON.stringify([failure.message, failure.stack, failure])).not.toMatch(/ann@example|ntn_/);
  });

  it('ends the attempts to look up a campaign', async () => {
    const sandbox = await startSandbox(without('sequence', 'Campaign'));

    const { findMembership } = activitiesOn(connect(sandbox));

    expect(await failureOf(findMembership(ANN))).toMatchObject({ type: 'property_missing', nonRetryable: true });
    expect(await failureOf(findMembership('no address'))).toMatchObject({
      type: 'address_unusable',
      nonRetryable: true,
    });
  });
});

describe('what may pass', () => {
  it.each<[string, FaultAction]>([
    ['a fault at Notion', { answer: errorAnswer(500) }],
    ['an overload', { answer: errorAnswer(529) }],
    ['a conflict', { answer: errorAnswer(409) }],
    ['a lost connection', 'drop'],
    ['silence', 'hang'],
  ])('is tried again, when Temporal thinks fit: %s', async (_, action) => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);
    const notion = connect(sandbox, { timeoutsMs: { read: 150, write: 150 } });
    const { updateContact, findMembership } = activitiesOn(notion);
    sandbox.fail({ times: 1, action });

    const failure = await failureOf(updateContact());
    expect(failure.nonRetryable).toBeFalsy();
    expect(failure.nextRetryDelay).toBeUndefined();
    sandbox.fail({ times: 1, action });
    expect((await failureOf(findMembership(ANN))).nonRetryable).toBeFalsy();

    expect(await updateContact()).toEqual({ outcome: 'updated' });
    expect(rowOf(sandbox, id)['Booking Status']).toBe('Booked');
  });

  it('is tried again after as long as Notion wants', async () => {
    const sandbox = await startSandbox();
    addAnn(sandbox);
    sandbox.fail({ action: { answer: rateLimited({ retryAfter: '7' }) } });

    const failure = await failureOf(activitiesOn(connect(sandbox)).updateContact());

    expect(failure).toMatchObject({ type: 'NotionUnavailable', nextRetryDelay: 7_000 });
    expect(failure.nonRetryable).toBeFalsy();
  });
});

describe('the date of a call', () => {
  it('that Notion is told is the day where the business is', async () => {
    const sandbox = await startSandbox();
    const id = addAnn(sandbox);

    await activitiesOn(connect(sandbox), 'Pacific/Auckland').updateContact({ startsAt: '2026-12-03T11:30:00.000Z' });

    expect(rowOf(sandbox, id)['Diagnostic Call Date']).toBe('2026-12-04');
  });
});
