import { describe, expect, it } from 'vitest';
import { accepted, cancelled, created, fixture } from './support.ts';

describe('the id of news', () => {
  // As they were made when ids were first kept: another one would be told again as other news.
  it.each([
    ['booking-created', '9a26f78fcdb42754da8ad1dbf5efe9e1'],
    ['booking-rescheduled', '05ac9e1db3b8f2d8fa89a517f036a752'],
    ['booking-cancelled', 'e36243bab2e58cf49600cf05e3a6a5db'],
    ['booking-rejected', 'a5c67701b231621fdb65958cd61ecdd3'],
    ['booking-created.seat-1', '458aa1680d8fd85405ca20ea4321f9d0'],
  ])('is what it has always been: %s', (name, id) => {
    expect(accepted(fixture(name)).event.id).toBe(id);
  });

  it('does not depend on what is told beside the news', () => {
    const idOf = (body: unknown) => accepted(body).event.id;
    const userFieldsResponses = { budget: { label: 'Your budget?', value: '10k' } };

    expect(accepted(created({ userFieldsResponses })).event.booking.answers).toHaveLength(1);
    expect(idOf(created({ userFieldsResponses, bookerUrl: 'https://cal.example.com' }))).toBe(idOf(created()));
    expect(idOf(created({ type: 'renamed-call' }))).toBe(idOf(created()));
    expect(idOf(cancelled({ cancellationReason: 'Another' }))).toBe(idOf(cancelled()));
  });
});
