import { describe, expect, it } from 'vitest';
import { readDelivery } from '../../src/calcom/read-delivery.ts';
import { siteOfApi } from '../../src/calcom/read-pages.ts';
import { bookingIn, created, fixture, INSTALLATION_KEY, type Json, RECEIVED_AT, sample } from './support.ts';

const UID = 'zcioSE6n51cbpobbEprooE';
const SEAT = '2f6c1f0e-7d6f-4f0a-9a57-8f3ad0c8f1de';

function pagesOf(fields: Json = {}) {
  return bookingIn(created(fields)).pages;
}

/** The pages of a booking whose body does not say where people book. */
function pagesAt(site: string | undefined) {
  const body = Buffer.from(JSON.stringify(created({ bookerUrl: undefined })));
  const reading = readDelivery(body, { receivedAt: RECEIVED_AT, installationKey: INSTALLATION_KEY, site });
  if (reading.verdict !== 'booking' || reading.event.kind !== 'confirmed') throw new Error('no booking');
  return reading.event.booking.pages;
}

describe('Cal.com’s pages about a booking', () => {
  it('are where its booker has booked', () => {
    expect(pagesOf({ bookerUrl: 'https://cal.example.com/team/' })).toEqual({
      cancel: `https://cal.example.com/team/booking/${UID}?cancel=true`,
      move: `https://cal.example.com/team/reschedule/${UID}`,
      bookAgain: 'https://cal.example.com/team/mara/discovery-call',
    });
  });

  it('are those of the new booking after a move', () => {
    const { uid, pages } = bookingIn(fixture('booking-rescheduled'));

    expect(uid).not.toBe(UID);
    expect(pages?.move).toBe(`https://cal.com/reschedule/${uid}`);
  });

  it('name the seat, if Cal.com does', () => {
    const { uid, pages } = bookingIn(sample('booking-created.seat-1', { attendeeSeatId: SEAT }));

    expect(pages).toMatchObject({
      cancel: `https://cal.com/booking/${uid}?cancel=true&seatReferenceUid=${SEAT}`,
      move: `https://cal.com/reschedule/${uid}?seatReferenceUid=${SEAT}`,
    });
    expect(bookingIn(sample('booking-created.seat-1', { attendeeSeatId: 'x&admin=1' })).pages?.cancel).toBe(
      `https://cal.com/booking/${uid}?cancel=true`,
    );
  });

  it.each<[string, Json]>([
    ['that is no link of the web', { bookerUrl: 'javascript:alert(1)' }],
    ['that is nothing', { bookerUrl: null }],
  ])('are none under an address %s', (_, fields) => {
    expect(pagesOf(fields)).toBeUndefined();
  });

  it('are none of a booking that Cal.com does not know under its uid', () => {
    expect(pagesOf({ uid: undefined })).toBeUndefined();
  });

  it('have no part of an address that lets in, or leads elsewhere', () => {
    expect(pagesOf({ bookerUrl: 'https://user:word@cal.com/?x=1#y' })?.move).toBe(`https://cal.com/reschedule/${UID}`);
  });

  it('are where the operator’s Cal.com has them, if a body does not say', () => {
    expect(pagesAt(siteOfApi('https://api.cal.com'))?.move).toBe(`https://cal.com/reschedule/${UID}`);
    expect(pagesAt(siteOfApi('https://api.cal.example.com'))).toBeUndefined();
    expect(pagesAt(undefined)).toBeUndefined();
  });
});

describe('the page to book again on', () => {
  it('has the name that the host has under that address', () => {
    const organizer = { username: 'mara-acme', usernameInOrg: 'mara' };
    const [ofAll, ofAcme] = ['https://cal.com', 'https://acme.cal.com'];

    expect(pagesOf({ organizer, bookerUrl: ofAll })?.bookAgain).toBe(`${ofAll}/mara-acme/discovery-call`);
    expect(pagesOf({ organizer, bookerUrl: ofAcme })?.bookAgain).toBe(`${ofAcme}/mara/discovery-call`);
    expect(pagesOf({ organizer: { username: 'mara' }, bookerUrl: ofAcme })?.bookAgain).toBe(
      `${ofAcme}/mara/discovery-call`,
    );
  });

  it.each<[string, Json]>([
    ['a team’s call', { team: { id: 7, name: 'Sales', members: [] } }],
    ['a call that a team takes turns with', { schedulingType: 'ROUND_ROBIN' }],
    ['a host without a name', { organizer: { name: 'Mara' } }],
    ['a name that leads elsewhere', { organizer: { username: '../admin' } }],
    ['a name that leads up', { organizer: { username: '..' } }],
    ['a title in the slug’s place', { type: 'discovery-call', title: 'discovery-call' }],
    ['no slug', { type: null }],
  ])('is none with %s, whose other pages are there', (_, fields) => {
    expect(pagesOf(fields)).toEqual({ cancel: expect.any(String), move: expect.any(String) });
  });
});
