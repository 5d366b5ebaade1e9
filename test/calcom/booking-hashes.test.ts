import { describe, expect, it } from 'vitest';
import { lineageOf, seatOf, seriesOf, twinOf } from '../../src/calcom/booking-hashes.ts';

const KEY = 'installation-key-of-the-tests-0123456789';
const email = 'hana.suzuki@example.com';
const rhythm = { freq: 2, interval: 1 };

// Rows of other releases hold these: a hash that changes makes strangers of bookings that belong together.
describe('the hashes that tie bookings together', () => {
  it('stay what they are from release to release', () => {
    expect([
      seatOf(KEY, 'r8vnkW7ckdh1CrpwTNkm2w', email),
      twinOf(KEY, { eventType: '731904', email, startsAt: '2026-12-03T15:00:00.000Z' }),
      seriesOf(KEY, { eventType: '731960', organizerEmail: 'mara.lindqvist@example.com', email, rhythm }),
      lineageOf(KEY, { iCalUid: 'zcioSE6n51cbpobbEprooE@Cal.com', eventType: '731904', email, sequence: 1 }),
    ]).toEqual([
      'cc251a8a4a5ea6d38ba835eecc13dc53',
      '4884bdfba94417b0175b6f904b600c28',
      '0f1b1199041126530a5e6dd7fd0d3b3d',
      { id: '08defb0ba98df4309b609910eaae9beb', sequence: 1 },
    ]);
  });

  it('are the same for one address in any case, and one instant in any spelling', () => {
    const twin = twinOf(KEY, { eventType: '731904', email, startsAt: '2026-12-03T15:00:00.000Z' });

    expect(seatOf(KEY, 'uid', email.toUpperCase())).toBe(seatOf(KEY, 'uid', email));
    expect(
      twinOf(KEY, { eventType: '731904', email: email.toUpperCase(), startsAt: '2026-12-03T16:00:00+01:00' }),
    ).toBe(twin);
    expect(twinOf(KEY, { eventType: '731904', email, startsAt: Date.UTC(2026, 11, 3, 15) })).toBe(twin);
  });

  it('are made without what is not known', () => {
    const unknown = { freq: undefined, interval: undefined };

    expect(seriesOf(KEY, { eventType: undefined, organizerEmail: undefined, email, rhythm: unknown })).not.toBe(
      seriesOf(KEY, { eventType: undefined, organizerEmail: undefined, email, rhythm }),
    );
    expect(lineageOf(KEY, { iCalUid: 'x', eventType: undefined, email, sequence: 0 }).id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('are of no use without the key of this installation', () => {
    expect(seatOf('another key', 'uid', email)).not.toBe(seatOf(KEY, 'uid', email));
  });
});
