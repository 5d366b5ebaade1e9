import { describe, expect, it } from 'vitest';
import { localTime, spellOut, startsWhen, type Telling, timeLocaleOf } from '../../src/email/call-times.ts';
import { readWords } from '../../src/email/template-files.ts';

/** As mails of this language tell times. */
function telling(language: string, timeZone = 'America/Chicago', readersLocale = language): Telling {
  const { times: words } = readWords(['templates'], language, []);
  return { locale: timeLocaleOf(language, readersLocale), timeZone, words };
}

describe('localTime', () => {
  it.each([
    ['2026-12-03T15:00:00Z', 'America/Chicago', 'Thursday, 3 December 2026', '09:00'],
    ['2026-12-03T15:00:00Z', 'UTC', 'Thursday, 3 December 2026', '15:00'],
    ['2026-12-03T15:00:00Z', 'Asia/Kolkata', 'Thursday, 3 December 2026', '20:30'],
    ['2026-12-03T15:00:00Z', 'Asia/Kathmandu', 'Thursday, 3 December 2026', '20:45'],
    ['2026-12-03T15:00:00Z', 'Pacific/Kiritimati', 'Friday, 4 December 2026', '05:00'],
    ['2026-12-03T10:00:00Z', 'Pacific/Pago_Pago', 'Wednesday, 2 December 2026', '23:00'],
    ['2026-12-03T10:00:00Z', 'Pacific/Apia', 'Thursday, 3 December 2026', '23:00'],
    ['2026-12-03T23:00:00Z', 'Europe/Berlin', 'Friday, 4 December 2026', '00:00'],
    ['2028-02-29T12:00:00Z', 'Europe/London', 'Tuesday, 29 February 2028', '12:00'],
  ])('shows %s in %s as %s, %s', (instant, timeZone, date, time) => {
    const local = localTime(Date.parse(instant), telling('en', timeZone));

    expect(local).toMatchObject({ date, time });
    expect(local.zone).toMatch(new RegExp(`^\\w[\\w ]+, ${timeZone}$`));
  });

  it.each([
    ['en', 'Thursday, 3 December 2026', '16:30', 'Central European Standard Time, Europe/Berlin'],
    ['de', 'Donnerstag, 3. Dezember 2026', '16:30 Uhr', 'Mitteleuropäische Normalzeit, Europe/Berlin'],
    ['fr', 'jeudi 3 décembre 2026', '16:30', 'heure normale d’Europe centrale, Europe/Berlin'],
    ['nl', 'donderdag 3 december 2026', '16:30 uur', 'Midden-Europese standaardtijd, Europe/Berlin'],
  ])('speaks %s: %s, %s, %s', (language, date, time, zone) => {
    expect(localTime(Date.parse('2026-12-03T15:30:00Z'), telling(language, 'Europe/Berlin'))).toEqual({
      date,
      time,
      zone,
    });
  });

  it.each([
    ['en-US', 'Thursday, December 3, 2026', '9:00 AM'],
    ['en_us', 'Thursday, December 3, 2026', '9:00 AM'],
    ['en-GB', 'Thursday, 3 December 2026', '09:00'],
    ['en-AU', 'Thursday, 3 December 2026', '09:00'],
    ['ja', 'Thursday, 3 December 2026', '09:00'],
  ])('writes English for a reader of %s as %s, %s', (locale, date, time) => {
    const local = localTime(Date.parse('2026-12-03T15:00:00Z'), telling('en', 'America/Chicago', locale));

    expect(local).toMatchObject({ date, time });
  });

  it.each([
    ['2026-12-03T15:00:00Z', 'America/Chicago', 'Central Standard Time, America/Chicago'],
    ['2026-07-03T15:00:00Z', 'America/Chicago', 'Central Daylight Time, America/Chicago'],
    ['2026-12-03T15:00:00Z', 'Asia/Kolkata', 'India Standard Time, Asia/Kolkata'],
    ['2026-12-03T15:00:00Z', 'UTC', 'Coordinated Universal Time, UTC'],
  ])('names the zone of %s in %s: %s', (instant, timeZone, zone) => {
    expect(localTime(Date.parse(instant), telling('en', timeZone)).zone).toBe(zone);
  });

  it('tells a zone that this machine does not know in UTC, and says so', () => {
    expect(localTime(Date.parse('2026-12-03T15:00:00Z'), telling('en', 'Mars/Olympus_Mons'))).toMatchObject({
      time: '15:00',
      zone: 'Coordinated Universal Time, UTC',
    });
  });

  describe('follows the clock change', () => {
    it.each([
      ['2026-03-29T00:59:00Z', 'Europe/Berlin', '01:59', 'Central European Standard Time'],
      ['2026-03-29T01:00:00Z', 'Europe/Berlin', '03:00', 'Central European Summer Time'],
      ['2026-10-25T00:59:00Z', 'Europe/Berlin', '02:59', 'Central European Summer Time'],
      ['2026-10-25T01:00:00Z', 'Europe/Berlin', '02:00', 'Central European Standard Time'],
      ['2026-03-08T06:59:00Z', 'America/New_York', '01:59', 'Eastern Standard Time'],
      ['2026-03-08T07:00:00Z', 'America/New_York', '03:00', 'Eastern Daylight Time'],
      ['2026-11-01T05:59:00Z', 'America/New_York', '01:59', 'Eastern Daylight Time'],
      ['2026-11-01T06:00:00Z', 'America/New_York', '01:00', 'Eastern Standard Time'],
      ['2026-04-04T14:59:00Z', 'Australia/Lord_Howe', '01:59', 'Lord Howe Daylight Time'],
      ['2026-04-04T15:00:00Z', 'Australia/Lord_Howe', '01:30', 'Lord Howe Standard Time'],
      ['2026-10-03T15:29:00Z', 'Australia/Lord_Howe', '01:59', 'Lord Howe Standard Time'],
      ['2026-10-03T15:30:00Z', 'Australia/Lord_Howe', '02:30', 'Lord Howe Daylight Time'],
    ])('at %s in %s: %s, %s', (instant, timeZone, time, zone) => {
      expect(localTime(Date.parse(instant), telling('en', timeZone))).toMatchObject({
        time,
        zone: `${zone}, ${timeZone}`,
      });
    });
  });
});

describe('startsWhen', () => {
  const when = (now: string, startsAt: string, about = telling('en')) =>
    startsWhen({ startsAt: Date.parse(startsAt), now: Date.parse(now) }, about);

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

  describe('in other languages', () => {
    it.each([
      ['de', '2026-11-30T15:00:00Z', 'in 3 Tagen'],
      ['de', '2026-12-01T15:00:00Z', 'in 2 Tagen'],
      ['de', '2026-12-02T15:00:00Z', 'morgen um 09:00 Uhr'],
      ['de', '2026-12-03T13:00:00Z', 'heute um 09:00 Uhr, in 2 Stunden'],
      ['de', '2026-12-03T13:59:00Z', 'heute um 09:00 Uhr, in 1 Stunde 1 Minute'],
      ['de', '2026-12-03T14:48:00Z', 'in 12 Minuten'],
      ['de', '2026-12-03T14:59:30Z', 'in weniger als einer Minute'],
      ['de', '2026-12-03T15:00:00Z', 'jetzt'],
      ['fr', '2026-11-30T15:00:00Z', 'dans 3 jours'],
      ['fr', '2026-12-02T15:00:00Z', 'demain à 09:00'],
      ['fr', '2026-12-03T13:30:00Z', 'aujourd’hui à 09:00, dans 1 heure 30 minutes'],
      ['fr', '2026-12-03T14:59:00Z', 'dans 1 minute'],
      ['fr', '2026-12-03T14:59:30Z', 'dans moins d’une minute'],
      ['nl', '2026-11-30T15:00:00Z', 'over 3 dagen'],
      ['nl', '2026-12-02T15:00:00Z', 'morgen om 09:00 uur'],
      ['nl', '2026-12-03T13:00:00Z', 'vandaag om 09:00 uur, over 2 uur'],
      ['nl', '2026-12-03T14:59:00Z', 'over 1 minuut'],
      ['nl', '2026-12-03T15:00:00Z', 'nu'],
    ])('says in %s at %s "%s"', (language, now, words) => {
      expect(when(now, '2026-12-03T15:00:00Z', telling(language))).toBe(words);
    });

    it('has twelve hours for a reader of en-US', () => {
      const american = telling('en', 'America/Chicago', 'en-US');

      expect(when('2026-12-02T15:00:00Z', '2026-12-03T15:00:00Z', american)).toBe('tomorrow at 9:00 AM');
    });
  });

  it('names the hours also when midnight lies between', () => {
    expect(when('2026-12-03T05:00:00Z', '2026-12-03T07:00:00Z')).toBe('tomorrow at 01:00, in 2 hours');
  });

  it('counts days on the calendar of the zone, on either side of the date line', () => {
    const kiritimati = telling('en', 'Pacific/Kiritimati');
    expect(when('2026-12-02T11:00:00Z', '2026-12-03T11:30:00Z', kiritimati)).toBe('tomorrow at 01:30');
    expect(when('2026-12-02T09:30:00Z', '2026-12-03T11:30:00Z', kiritimati)).toBe('in 2 days');
    const pagoPago = telling('en', 'Pacific/Pago_Pago');
    expect(when('2026-12-02T10:00:00Z', '2026-12-03T10:30:00Z', pagoPago)).toBe('tomorrow at 23:30');
    const apia = telling('en', 'Pacific/Apia');
    expect(when('2026-12-02T10:30:00Z', '2026-12-03T11:30:00Z', apia)).toBe('in 2 days');
    const kathmandu = telling('en', 'Asia/Kathmandu');
    expect(when('2026-12-02T18:00:00Z', '2026-12-03T18:10:00Z', kathmandu)).toBe('tomorrow at 23:55');
  });

  it('is not misled by days of 23, 23½, 24½ and 25 hours', () => {
    const berlin = telling('en', 'Europe/Berlin');
    expect(when('2026-03-28T22:30:00Z', '2026-03-29T21:45:00Z', berlin)).toBe('tomorrow at 23:45');
    expect(when('2026-10-24T22:30:00Z', '2026-10-25T22:45:00Z', berlin)).toBe('today at 23:45');
    expect(when('2026-03-29T00:30:00Z', '2026-03-29T02:30:00Z', berlin)).toBe('today at 04:30, in 2 hours');
    const newYork = telling('en', 'America/New_York');
    expect(when('2026-03-07T14:00:00Z', '2026-03-08T13:00:00Z', newYork)).toBe('tomorrow at 09:00');
    expect(when('2026-11-01T04:15:00Z', '2026-11-02T04:45:00Z', newYork)).toBe('today at 23:45');
    const lordHowe = telling('en', 'Australia/Lord_Howe');
    expect(when('2026-04-04T13:15:00Z', '2026-04-05T13:15:00Z', lordHowe)).toBe('today at 23:45');
    expect(when('2026-10-02T22:30:00Z', '2026-10-03T22:00:00Z', lordHowe)).toBe('tomorrow at 09:00');
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
    expect(spellOut(minutes, 'en-GB')).toBe(words);
  });

  it.each([
    ['de', '2 Stunden 30 Minuten'],
    ['fr', '2 heures 30 minutes'],
    ['nl', '2 uur 30 minuten'],
  ])('spells in %s: %s', (locale, words) => {
    expect(spellOut(150, locale)).toBe(words);
  });
});
