import { describe, expect, it } from 'vitest';
import { createLinks, type LinkClaims, type LinkPurpose, LONGEST_TOKEN } from '../src/link.ts';
import { createPersonOf } from '../src/person.ts';

const KEY = 'installation-key-of-the-tests-0123456789';
const PURPOSES: LinkPurpose[] = ['confirm', 'cancel', 'move', 'calendar', 'unsubscribe'];
const NOW = Date.parse('2026-12-01T10:00:00Z');
const links = createLinks({ installationKey: KEY, publicUrl: 'https://calls.example.com/' });

function claims(facts: Partial<LinkClaims> = {}): LinkClaims {
  return {
    purpose: 'confirm',
    booking: { uid: 'zcioSE6n51cbpobbEprooE' },
    person: createPersonOf(KEY)('tobias.okafor@example.com'),
    language: 'en',
    expiresAt: NOW + 60_000,
    ...facts,
  };
}

function tokenOf(facts: Partial<LinkClaims> = {}): string {
  return links.urlOf(claims(facts)).split('/').at(-1)!;
}

describe('a link', () => {
  it.each(PURPOSES)('leads to the page of its purpose, and says there what it stands for: %s', (purpose) => {
    const url = links.urlOf(claims({ purpose }));

    expect(url).toMatch(new RegExp(`^https://calls\\.example\\.com/${purpose}/[\\w-]+$`));
    expect(links.read(purpose, tokenOf({ purpose }), NOW)).toEqual(claims({ purpose }));
  });

  it('may be about one seat', () => {
    const booking = { uid: 'r8vnkW7ckdh1CrpwTNkm2w', seat: '0123456789abcdef0123456789abcdef' };

    expect(links.read('confirm', tokenOf({ booking }), NOW)).toEqual(claims({ booking }));
  });

  it('is good for nothing but its purpose', () => {
    for (const made of PURPOSES) {
      for (const used of PURPOSES.filter((purpose) => purpose !== made)) {
        expect([made, used, links.read(used, tokenOf({ purpose: made }), NOW)]).toEqual([made, used, 'forged']);
      }
    }
  });

  it('is good until it expires', () => {
    const { expiresAt } = claims();

    expect(links.read('confirm', tokenOf(), expiresAt - 1)).toEqual(claims());
    expect(links.read('confirm', tokenOf(), expiresAt)).toBe('expired');
  });

  it('is forged if any of its letters is another', () => {
    const token = tokenOf();
    const changed = [...token].map(
      (letter, at) => token.slice(0, at) + (letter === 'A' ? 'B' : 'A') + token.slice(at + 1),
    );

    expect(changed).not.toContain(token);
    expect(new Set(changed.map((one) => links.read('confirm', one, NOW)))).toEqual(new Set(['forged']));
  });

  it('is forged if it is cut off, or has something added', () => {
    const token = tokenOf();
    const cut = Array.from({ length: token.length }, (_, length) => token.slice(0, length));

    for (const one of [...cut, token.slice(1), `${token}A`, `A${token}`, `${token}=`, `${token} `, '', '.', 'é']) {
      expect(links.read('confirm', one, NOW)).toBe('forged');
    }
  });

  it('is forged if another installation has made it, and if it is beyond all length', () => {
    const others = createLinks({ installationKey: `${KEY}x`, publicUrl: 'https://calls.example.com' });

    expect(others.read('confirm', tokenOf(), NOW)).toBe('forged');
    expect(links.read('confirm', 'A'.repeat(LONGEST_TOKEN + 1), NOW)).toBe('forged');
  });

  it('tells no address, and nothing that the next one does not tell', () => {
    const text = Buffer.from(tokenOf(), 'base64url').toString('latin1');

    expect(text).not.toMatch(/tobias|example/);
    expect(tokenOf()).toBe(tokenOf());
  });

  it('has room for the longest uid there is', () => {
    const booking = { uid: 'u'.repeat(100), seat: 's'.repeat(32) };

    expect(tokenOf({ booking }).length).toBeLessThan(LONGEST_TOKEN);
    expect(links.read('confirm', tokenOf({ booking }), NOW)).toEqual(claims({ booking }));
  });
});
