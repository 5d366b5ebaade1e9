import { describe, expect, it } from 'vitest';
import { isMailable, workflowIdOf } from '../src/booking.ts';

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
