import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine } from '../src/clean-text.ts';

describe('one line of what somebody typed', () => {
  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ['  Ada\t \u00a0 Lovelace\n', 'Ada Lovelace'],
    ['Ada\r\nBcc: x@example.com', 'Ada Bcc: x@example.com'],
    ['Ada\u2028Lovelace\u2029', 'Ada Lovelace'],
    ['Ada\u0000\u001b[31m\u0085Lovelace', 'Ada [31m Lovelace'],
    ['\ufeffAda\u200b Love\u00adlace\u2060', 'Ada Lovelace'],
    ['Ada \u202eecalevoL\u202c \u2066x\u2069\u200f\u061c', 'Ada ecalevoL x'],
    ['half a pair \ud83d', 'half a pair'],
    ['\u202e\u200b', ''],
    ['', ''],
  ])('is clean: %j', (text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  it.each(['👩‍🚀 Ada', 'می‌خواهم', 'Zoë Ñandú', 'שלום', '佐藤', 'z͑a͢l̴g̕o'])('keeps what writing needs: %s', (text) => {
    expect(oneLine(text)).toBe(text);
  });

  it('ends in an ellipsis when it is longer than it may be', () => {
    expect(oneLine('abcdef', 6)).toBe('abcdef');
    expect(oneLine('abcdefg', 6)).toBe('abcde…');
    expect(oneLine('😀😀😀😀', 3)).toBe('😀😀…');
  });

  it('is cut out of megabytes at once, and never through a character', () => {
    const before = performance.now();

    const line = oneLine('a😀'.repeat(500_000), 5);

    expect(line).toBe('a😀a😀…');
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('is as it should be whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, maxLength) => {
        const line = oneLine(text, maxLength);

        expect([...line].length).toBeLessThanOrEqual(maxLength);
        expect(line).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        expect(line).toBe(line.trim());
      }),
    );
  });
});
