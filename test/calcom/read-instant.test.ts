import { describe, expect, it } from 'vitest';
import { readInstant } from '../../src/calcom/read-instant.ts';

const THREE = Date.parse('2026-12-03T15:00:00Z');

describe('an instant', () => {
  it.each([
    ['2026-12-03T15:00:00Z', 'from the direct sender'],
    ['2026-12-03T15:00:00.000Z', 'from the queue sender'],
    ['2026-12-03T15:00:00+00:00', 'with the offset of a server in UTC'],
    ['2026-12-03T16:00:00+01:00', 'with the offset of a server in Berlin'],
    ['2026-12-03T20:45:00+05:45', 'with the offset of a server in Kathmandu'],
    ['2026-12-03T09:00:00-06:00', 'with the offset of a server in Chicago'],
    ['2026-12-03T15:00:00.000000Z', 'with microseconds'],
    ['2026-12-03T15:00:00-00:00', 'with the offset that means UTC in RFC 3339'],
    ['2026-12-03T15:00Z', 'without seconds'],
    ['2026-12-03T16:00+01:00', 'without seconds, with an offset'],
    ['2026-12-03T16:00:00+0100', 'with an offset in short form'],
    ['2026-12-03T16:00:00+01', 'with an offset in hours'],
    ['2026-12-03 15:00:00+00', 'as PostgreSQL writes it'],
    ['2026-12-03 15:00:00Z', 'with a blank in the middle'],
    ['2026-12-03t15:00:00z', 'in lower case'],
    [' 2026-12-03T15:00:00Z\n', 'with blanks around it'],
  ])('may be spelled %j, %s', (text) => {
    expect(readInstant(text)).toBe(THREE);
  });

  it.each<[unknown, string]>([
    ['2026-12-03T15:00:00', 'has no offset: nobody can tell when that is'],
    ['2026-12-03', 'is a day'],
    ['15:00', 'is a time of day'],
    ['Thu, 03 Dec 2026 15:00:00 GMT', 'is not ISO 8601'],
    ['12/03/2026 3:00 PM', 'is not ISO 8601'],
    ['2026-02-30T15:00:00Z', 'is a day that does not exist'],
    ['2026-12-03T25:00:00Z', 'is an hour that does not exist'],
    ['2026-12-03T15:00:00+25:00', 'is an offset that does not exist'],
    ['1999-12-31T23:59:59Z', 'is before there was Cal.com'],
    ['0000-01-01T00:00:00+23:59', 'is before the calendar begins'],
    ['9999-01-01T00:00:00Z', 'is past what Temporal can hold'],
    ['+012026-12-03T15:00:00Z', 'has a year of five digits'],
    ['', 'is empty'],
    ['tomorrow', 'is a word'],
    ['1796310000', 'is a number as text'],
    [1_796_310_000, 'may be seconds or milliseconds'],
    [1_796_310_000_000, 'may be milliseconds or microseconds'],
    [null, 'is null'],
    [undefined, 'is not there'],
    [{}, 'is an object'],
    [['2026-12-03T15:00:00Z'], 'is a list'],
    [true, 'is a flag'],
  ])('is none that says %j, which %s', (value) => {
    expect(readInstant(value)).toBeUndefined();
  });

  it('is looked for in a megabyte of text at once', () => {
    const before = performance.now();
    for (const text of ['9', ' ', '+00', '2026-12-03 ']) readInstant(text.repeat(1_000_000 / text.length));

    expect(performance.now() - before).toBeLessThan(500);
  });
});
