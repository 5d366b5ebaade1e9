import { describe, expect, it } from 'vitest';
import { hear, merge } from '../../src/workflows/booking-state.ts';
import type { KeptState, RunState } from '../../src/workflows/messages.ts';
import { wholeState } from '../../src/workflows/whole-state.ts';
import { aBooking, acknowledged, confirmed } from '../support/a-booking.ts';

const AT = '2026-11-24T10:00:00.000Z';
const KNOWN = hear(undefined, confirmed(aBooking(), AT))!;
const STATE: RunState = { revision: 7, known: KNOWN, decisions: {}, notion: { outcome: 'updated' }, notices: {} };

describe('a kept state', () => {
  it('of this version is taken as it is', () => {
    const known = { ...KNOWN, acknowledgedBy: ['somebody'] };
    const notices = { 'host-booked': { outcome: 'sent', sentAt: AT } } as const;

    expect(wholeState({ ...STATE, known, notices })).toEqual({ ...STATE, known, notices });
  });

  it('of a version without mails that tell what has happened, and without links to confirm, can be gone on from', () => {
    const { acknowledgedBy: _, ...known } = KNOWN;
    const { notices: __, ...state } = STATE;
    const earlier: KeptState = { ...state, known };

    const whole = wholeState(earlier);

    expect(whole).toEqual(STATE);
    expect(merge(whole.known, KNOWN)).toBe(whole.known);
    expect(hear(whole.known, acknowledged(aBooking(), 'somebody', AT))?.acknowledgedBy).toEqual(['somebody']);
  });
});
