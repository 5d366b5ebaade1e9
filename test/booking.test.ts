import { describe, expect, it } from 'vitest';
import { bySeat, isMailable, workflowIdOf } from '../src/booking.ts';
import { aBooking, cancelled } from './support/a-booking.ts';

describe('a workflow id', () => {
  it('names the booking, and the seat of a seated event', () => {
    expect(workflowIdOf({ uid: 'zcioSE6n51cbpobbEprooE' })).toBe('precall/zcioSE6n51cbpobbEprooE');
    expect(workflowIdOf({ uid: 'zcioSE6n51cbpobbEprooE', seat: '0a1b' })).toBe('precall/zcioSE6n51cbpobbEprooE/0a1b');
  });
});

describe('an attendee', () => {
  it.each([
    ['tobias.okafor@example.com', true],
    ['15550142233@sms.cal.com', false],
    ['15550142233@SMS.Cal.com', false],
    ['ada@notsms.cal.com', true],
    ['ada@sms.cal.com.example', true],
    ['sms.cal.com@example.com', true],
  ])('with the address %s can be mailed: %s', (email, mailable) => {
    expect(isMailable({ email })).toBe(mailable);
  });
});

describe('an event about several seats', () => {
  const attendees = [
    { name: 'Ines', email: 'ines@example.com' },
    { name: 'Jo', email: 'jo@example.com' },
  ] satisfies [object, ...object[]];
  const whole = cancelled(aBooking({ attendees }), '2026-11-24T10:00:00.000Z');

  it('is one for each of them, with its own attendee and the same id', () => {
    expect(bySeat({ ...whole, seats: ['0a', '1b'] } as typeof whole)).toEqual(
      ['0a', '1b'].map((seat, index) => ({
        ...whole,
        booking: { ...whole.booking, seat, attendees: [attendees[index]] },
      })),
    );
  });

  it('is what it is for an ordinary booking', () => {
    expect(bySeat(whole)).toEqual([whole]);
  });
});
