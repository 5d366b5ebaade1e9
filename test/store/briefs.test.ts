import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { KeptBrief } from '../../src/store/briefs.ts';
import { describeStores } from './support.ts';

const BOOKING = { uid: 'a-booking' };

const onItsWay: KeptBrief = {
  state: 'publishing',
  pageId: 'a-page',
  textHash: 'a hash',
  blocks: ['block-2', 'block-1'],
  pending: { blocks: [{ kind: 'paragraph', text: 'Tobias Okafor sells ships.' }], placed: 2 },
};
const published: KeptBrief = { state: 'published', pageId: 'a-page', textHash: 'a hash', blocks: ['block-1'] };

describeStores('the briefs', (store) => {
  const briefs = () => store().briefs;

  it('are not known before something was noted of them', async () => {
    expect(await briefs().read(BOOKING)).toBeUndefined();
  });

  it('are told as they were noted last', async () => {
    await briefs().note(BOOKING, { state: 'failed', reason: 'contact_not_found', blocks: [], pending: { placed: 0 } });
    expect(await briefs().read(BOOKING)).toEqual({
      state: 'failed',
      reason: 'contact_not_found',
      blocks: [],
      pending: { placed: 0 },
    });

    await briefs().note(BOOKING, onItsWay);
    expect(await briefs().read(BOOKING)).toEqual(onItsWay);
    await briefs().note(BOOKING, published);

    expect(await briefs().read(BOOKING)).toEqual(published);
  });

  it('are told apart by booking and seat', async () => {
    const seats = ['0a1b', '2c3d'].map((seat) => ({ uid: 'event', seat }));
    for (const seat of seats) await briefs().note(seat, { ...published, pageId: `page of ${seat.seat}` });
    await briefs().note(BOOKING, onItsWay);

    expect(await briefs().read(seats[0]!)).toMatchObject({ pageId: 'page of 0a1b' });
    expect(await briefs().read(seats[1]!)).toMatchObject({ pageId: 'page of 2c3d' });
    expect(await briefs().read({ uid: 'event' })).toBeUndefined();
  });

  it('keep what was noted when they end before their time, and why', async () => {
    await briefs().note(BOOKING, onItsWay);

    await briefs().stop(BOOKING, 'blocked', 'creates_blocked');

    expect(await briefs().read(BOOKING)).toEqual({ ...onItsWay, state: 'blocked', reason: 'creates_blocked' });
  });

  it('are sealed until they are on their page, and then gone', async () => {
    const columns = () => store().rows(sql`select row_to_json(briefs)::text as row, pending from briefs`);
    await briefs().note(BOOKING, onItsWay);
    expect(await columns()).toEqual([{ row: expect.not.stringContaining('Okafor'), pending: expect.anything() }]);
    expect(Buffer.from((await columns())[0]?.['pending'] as Uint8Array).toString('latin1')).not.toContain('Okafor');

    await briefs().note(BOOKING, published);

    expect(await columns()).toMatchObject([{ pending: null }]);
  });
});
