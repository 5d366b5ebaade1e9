import { describe, expect, it } from 'vitest';
import { checkSkew } from '../src/clock-skew.ts';

const NOW = Date.parse('2026-12-03T15:00:00.500Z');

/** What somebody tells whose clock differs from ours by so much; the answer took a second. */
function toldBy(aheadMs: number) {
  const told = new Date(NOW + aheadMs);
  return { date: told.toUTCString(), askedAt: NOW - 500, answeredAt: NOW + 500 };
}

describe("this machine's clock", () => {
  it("is well when it agrees with somebody else's", () => {
    expect(checkSkew('Notion', toldBy(0))).toEqual({
      part: 'clock',
      what: 'Notion',
      verdict: 'ok',
      message: "This machine's clock and Notion's agree.",
    });
  });

  it.each([-55_000, 55_000])('may be %i ms off', (aheadMs) => {
    expect(checkSkew('Notion', toldBy(aheadMs))).toMatchObject({
      verdict: 'ok',
      message: expect.stringMatching(/^5[345] s apart from Notion's\.$/),
    });
  });

  it.each([
    [90_000, 'behind'],
    [-90_000, 'ahead of'],
  ])('is wrong when theirs is %i ms ahead, and says by how much', (aheadMs, words) => {
    const check = checkSkew('Cal.com', toldBy(aheadMs));

    expect(check).toMatchObject({ verdict: 'error', what: 'Cal.com' });
    expect(check?.message).toMatch(new RegExp(`clock is (8[89]|90) s ${words} Cal.com's.*timedatectl set-ntp true`));
  });

  it('is not blamed for an answer that took long', () => {
    const told = { date: new Date(NOW).toUTCString(), askedAt: NOW - 80_000, answeredAt: NOW + 80_000 };

    expect(checkSkew('Notion', told)).toMatchObject({ verdict: 'ok' });
  });

  it.each([null, '', 'yesterday'])('is not compared with %j', (date) => {
    expect(checkSkew('Notion', { date, askedAt: NOW, answeredAt: NOW })).toBeUndefined();
  });
});
