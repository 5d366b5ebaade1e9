import { describe, expect, it } from 'vitest';
import { localTime, spellOut, startsWhen } from '../../src/email/call-times.ts';

describe('localTime', () => {
  it.each([
    ['2026-12-03T15:00:00Z', 'America/Chicago', 'Thursday, 3 December 2026', '09:00'],
    ['2026-12-03T15:00:00Z', 'UTC', 'Thursday, 3 December 2026', '15:00'],
    ['2026-12-03T15:00:00Z', 'Asia/Kolkata', 'Thursday, 3 December 2026', '20:30'],
    ['2026-12-03T15:00:00Z', 'Asia/Kathmandu', 'Thursday, 3 December 2026', '20:45'],
    ['2026-12-03T15:00:00Z', 'Pacific/Kiritimati', 'Friday, 4 December 2026', '05:00'],
    ['2026-12-03T10:00:00Z', 'Pacific/Pago_Pago', 'Wednesday, 2 December 2026', '23:00'],
    ['2026-12-03T23:00:00Z', 'Europe/Berlin', 'Friday, 4 December 2026', '00:00'],
    ['2028-02-29T12:00:00Z', 'Europe/London', 'Tuesday, 29 February 2028', '12:00'],
  ])('shows %s in %s as %s, %s', (instant, timeZone, date, time) => {
    const local = localTime(Date.parse(instant), timeZone);

    expect(local).toMatchObject({ date, time });
    expect(local.zone).toMatch(new RegExp(`^\\w[\\w ]+, ${timeZone}$`));
  });

  it.each([
    ['2026-12-03T15:00:00Z', 'America/Chicago', 'Central Standard Time, America/Chicago'],
    ['2026-07-03T15:00:00Z', 'America/Chicago', 'Central Daylight Time, America/Chicago'],
    ['2026-12-03T15:00:00Z', 'Asia/Kolkata', 'India Standard Time, Asia/Kolkata'],
    ['2026-12-03T15:00:00Z', 'UTC', 'Coordinated Universal Time, UTC'],
  ])('names the zone of %s in %s: %s', (instant, timeZone, zone) => {
    expect(localTime(Date.parse(instant), timeZone).zone).toBe(zone);
  });

  it.each([
    ['2026-03-29T00:59:00Z', '01:59', 'Central European Standard Time'],
    ['2026-03-29T01:00:00Z', '03:00', 'Central European Summer Time'],
    ['2026-10-25T00:59:00Z', '02:59', 'Central European Summer Time'],
    ['2026-10-25T01:00:00Z', '02:00', 'Central European Standard Time'],
  ])('follows the clock change in Berlin: %s is %s %s', (instant, time, zone) => {
    expect(localTime(Date.parse(instant), 'Europe/Berlin')).toMatchObject({ time, zone: `${zone}, Europe/Berlin` });
  });
});

describe('startsWhen', () => {
  const when = (now: string, startsAt: string, timeZone = 'America/Chicago') =>
    startsWhen({ startsAt: Date.parse(startsAt), now: Date.parse(now), timeZone });

  describe('for a call at nine on Thursday in Chicago', () => {
    it.each([
      ['2026-11-30T15:00:00Z', 'in 3 days', '72 hours before'],
      ['2026-11-30T15:00:04Z', 'in 3 days', 'a moment late'],
      ['2026-12-01T05:59:59Z', 'in 3 days', 'the last moment of Monday'],
      ['2026-12-01T06:00:00Z', 'in 2 days', 'midnight begins Tuesday'],
      ['2026-12-02T15:00:00Z', 'tomorrow at 09:00', '24 hours before'],
      ['2026-12-03T03:00:00Z', 'tomorrow at 09:00', '12 hours before'],
      ['2026-12-03T05:59:00Z', 'tomorrow at 09:00, in 9 hours 1 minute', 'the evening before'],
      ['2026-12-03T06:00:00Z', 'today at 09:00, in 9 hours', 'after midnight: a late 24 h mail'],
      ['2026-12-03T12:00:00Z', 'today at 09:00, in 3 hours', '3 hours before'],
      ['2026-12-03T13:00:01Z', 'today at 09:00, in 2 hours', '2 hours before, a moment late'],
      ['2026-12-03T13:13:00Z', 'today at 09:00, in 1 hour 47 minutes', 'later still'],
      ['2026-12-03T14:00:00Z', 'today at 09:00, in 1 hour', '1 hour before'],
      ['2026-12-03T14:00:29Z', 'today at 09:00, in 1 hour', 'half a minute is not worth a word'],
      ['2026-12-03T14:00:31Z', 'in 59 minutes', 'less than an hour'],
      ['2026-12-03T14:48:00Z', 'in 12 minutes', '12 minutes before'],
      ['2026-12-03T14:59:00Z', 'in 1 minute', 'one minute before'],
      ['2026-12-03T14:59:04Z', 'in 1 minute', 'one minute before, a moment late'],
      ['2026-12-03T14:59:06Z', 'in less than a minute', 'under a minute'],
      ['2026-12-03T14:59:59.999Z', 'in less than a minute', 'the last moment'],
      ['2026-12-03T15:00:00Z', 'now', 'the start'],
      ['2026-12-03T15:10:00Z', 'now', 'after the start'],
    ])('at %s says "%s" (%s)', (now, words) => {
      expect(when(now, '2026-12-03T15:00:00Z')).toBe(words);
    });
  });

  it('names the hours also when midnight lies between', () => {
    expect(when('2026-12-03T05:00:00Z', '2026-12-03T07:00:00Z')).toBe('tomorrow at 01:00, in 2 hours');
  });

  it('counts days on the calendar of the zone, on either side of the date line', () => {
    expect(when('2026-12-02T11:00:00Z', '2026-12-03T11:30:00Z', 'Pacific/Kiritimati')).toBe('tomorrow at 01:30');
    expect(when('2026-12-02T09:30:00Z', '2026-12-03T11:30:00Z', 'Pacific/Kiritimati')).toBe('in 2 days');
    expect(when('2026-12-02T10:00:00Z', '2026-12-03T10:30:00Z', 'Pacific/Pago_Pago')).toBe('tomorrow at 23:30');
  });

  it('is not misled by days of 23 and 25 hours', () => {
    expect(when('2026-03-28T22:30:00Z', '2026-03-29T21:45:00Z', 'Europe/Berlin')).toBe('tomorrow at 23:45');
    expect(when('2026-10-24T22:30:00Z', '2026-10-25T22:45:00Z', 'Europe/Berlin')).toBe('today at 23:45');
    expect(when('2026-03-29T00:30:00Z', '2026-03-29T02:30:00Z', 'Europe/Berlin')).toBe('today at 04:30, in 2 hours');
  });
});

describe('spellOut', () => {
  it.each([
    [1, '1 minute'],
    [45, '45 minutes'],
    [60, '1 hour'],
    [61, '1 hour 1 minute'],
    [150, '2 hours 30 minutes'],
  ])('spells %i as %s', (minutes, words) => {
    expect(spellOut(minutes)).toBe(words);
  });
});
