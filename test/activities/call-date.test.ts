import { afterEach, describe, expect, it } from 'vitest';
import { callDate } from '../../src/activities/call-date.ts';

describe('the date of a call', () => {
  const { TZ } = process.env;
  afterEach(() => {
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  });

  const table: [startsAt: string, timeZone: string, date: string][] = [
    ['2026-12-03T15:00:00.000Z', 'UTC', '2026-12-03'],
    ['2026-12-03T22:30:00.000Z', 'Europe/Berlin', '2026-12-03'], // 23:30
    ['2026-12-03T23:30:00.000Z', 'Europe/Berlin', '2026-12-04'], // 00:30
    ['2026-12-03T23:59:59.999Z', 'UTC', '2026-12-03'],
    ['2026-12-04T05:30:00.000Z', 'America/Chicago', '2026-12-03'], // 23:30
    ['2026-12-03T18:14:59.000Z', 'Asia/Kathmandu', '2026-12-03'], // 23:59:59, +05:45
    ['2026-12-03T18:15:00.000Z', 'Asia/Kathmandu', '2026-12-04'],
    ['2027-03-28T00:59:00.000Z', 'Europe/Berlin', '2027-03-28'], // the minute before summer time
    ['2027-03-28T21:30:00.000Z', 'Europe/Berlin', '2027-03-28'], // 23:30, +02:00 now
    ['2027-03-28T22:30:00.000Z', 'Europe/Berlin', '2027-03-29'],
    ['2026-10-25T00:30:00.000Z', 'Europe/Berlin', '2026-10-25'], // 02:30, for the first time
    ['2026-10-25T22:30:00.000Z', 'Europe/Berlin', '2026-10-25'], // 23:30, +01:00 again
    ['2026-04-23T21:59:59.000Z', 'Africa/Cairo', '2026-04-23'], // 23:59:59, and an hour is skipped next
    ['2026-04-23T22:00:00.000Z', 'Africa/Cairo', '2026-04-24'], // 01:00
    ['2026-12-03T10:30:00.000Z', 'Pacific/Kiritimati', '2026-12-04'], // +14:00
    ['2026-12-03T10:30:00.000Z', 'Pacific/Pago_Pago', '2026-12-02'], // −11:00
    ['2026-12-03T11:30:00.000Z', 'Pacific/Auckland', '2026-12-04'], // summer there: 00:30, +13:00
    ['2028-02-29T12:00:00.000Z', 'UTC', '2028-02-29'],
    ['2026-12-31T23:30:00.000Z', 'Europe/London', '2026-12-31'],
    ['2026-12-31T23:30:00.000Z', 'Europe/Paris', '2027-01-01'],
  ];

  it.each(['UTC', 'America/St_Johns', 'Pacific/Kiritimati', 'Africa/Cairo'])(
    'is that of the calendar where the business is, and a server in %s does not change it',
    (serverZone) => {
      process.env['TZ'] = serverZone;

      for (const [startsAt, timeZone, date] of table) {
        expect([startsAt, timeZone, callDate(startsAt, timeZone)]).toEqual([startsAt, timeZone, date]);
      }
    },
  );
});
