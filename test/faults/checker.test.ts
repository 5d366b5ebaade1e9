import { describe, expect, it } from 'vitest';
import { judge } from '../../faults/checker.ts';
import type { Evidence, PostedWebhook, StoredBooking, StoredMail, TakenMail } from '../../faults/evidence.ts';

const ADDRESS = 'booker@faults.example';
const STARTS_AT = '2027-03-01T12:00:00.000Z';
const DUE_AT = Date.parse('2027-03-01T11:00:00.000Z');

function acknowledged(bodyHash: string, says: PostedWebhook['says'], at: number): PostedWebhook {
  return { bodyHash, says, answers: [{ at: at - 500 }, { at: at - 400, status: 503 }, { at, status: 202 }] };
}

const version = (uid: string) => ({ uid, startsAt: STARTS_AT, recipient: ADDRESS });
const booked = acknowledged('b0', { kind: 'booked', ...version('first') }, DUE_AT - 60_000);
const cancelled = (at: number) => acknowledged('c0', { kind: 'cancelled', uid: 'first' }, at);
const moved = (at: number) => acknowledged('m0', { kind: 'moved', replacedUid: 'first', ...version('second') }, at);

const reminder = { ...version('first'), offset: '1h', messageId: '<first>' };
const mail: TakenMail = { takenAt: DUE_AT + 20, messageId: '<first>', recipient: ADDRESS, contentHash: 'one' };
const row: StoredMail = { ...version('first'), offset: '1h', state: 'sent', possibleDuplicate: false };
const booking: StoredBooking = {
  ...version('first'),
  status: 'completed',
  isOver: true,
  reminders: [{ offset: '1h', outcome: 'sent' }],
};

/** A booking was acknowledged, its one reminder was sent, and the call is over. */
function allIsWell(facts: Partial<Evidence> = {}): Evidence {
  return {
    webhooks: [booked],
    reminders: [reminder],
    mails: [mail],
    deliveries: [{ bodyHash: 'b0', status: 'dispatched', reason: 'told' }],
    bookings: [booking],
    mailRows: [row],
    contacts: [{ email: ADDRESS, bookingStatus: 'Completed', callDate: '2027-03-01' }],
    waitedFor: 'ends',
    log: ['{"msg":"reminder sent","bookingUid":"first"}'],
    people: { addresses: new Set([ADDRESS]), names: ['Quillfeather'] },
    endedByThemselves: [],
    ...facts,
  };
}

/** The same, but for a cancel that was acknowledged; by then the reminder had been sent, or not. */
function calledOff(at: number, facts: Partial<Evidence> = {}): Evidence {
  const skipped = { outcome: 'skipped', reason: 'cancelled' };
  return allIsWell({
    webhooks: [booked, cancelled(at)],
    deliveries: ['b0', 'c0'].map((bodyHash) => ({ bodyHash, status: 'dispatched', reason: 'told' })),
    mails: [],
    bookings: [{ ...booking, status: 'cancelled', reminders: [{ offset: '1h', ...skipped }] }],
    mailRows: [{ ...row, state: 'skipped', reason: 'cancelled' }],
    contacts: [{ email: ADDRESS, bookingStatus: 'Cancelled', callDate: '2027-03-01' }],
    ...facts,
  });
}

/** The same, but for a move to another booking at the same time. */
function replaced(facts: Partial<Evidence> = {}): Evidence {
  return allIsWell({
    webhooks: [booked, moved(DUE_AT - 30_000)],
    deliveries: ['b0', 'm0'].map((bodyHash) => ({ bodyHash, status: 'dispatched', reason: 'told' })),
    reminders: [reminder, { ...version('second'), offset: '1h', messageId: '<second>' }],
    mails: [{ ...mail, messageId: '<second>' }],
    bookings: [
      { ...booking, status: 'superseded', reminders: [{ offset: '1h', outcome: 'skipped', reason: 'superseded' }] },
      { ...booking, uid: 'second' },
    ],
    mailRows: [
      { ...row, state: 'skipped', reason: 'superseded' },
      { ...row, uid: 'second' },
    ],
    ...facts,
  });
}

const brokenBy = (evidence: Evidence) => judge(evidence).map(({ invariant, what }) => `${invariant} ${what}`);
const flagged = { ...row, possibleDuplicate: true };
const twice = [mail, { ...mail, takenAt: mail.takenAt + 15_000 }];
const sentTwice = [{ ...booking, reminders: [{ offset: '1h', outcome: 'sent', reason: 'possible_duplicate' }] }];

describe('a run in which all is well', () => {
  it.each([
    ['a booking', allIsWell()],
    ['a booking that is called off before its reminder', calledOff(DUE_AT - 1)],
    ['a booking that is called off while its mail is on the wire', calledOff(DUE_AT - 900, sentMeanwhile())],
    ['a booking that is moved', replaced()],
    [
      'a mail that is taken twice, the same and flagged',
      allIsWell({ mails: twice, mailRows: [flagged], bookings: sentTwice }),
    ],
    ['an exact repeat', allIsWell({ webhooks: [booked, { ...booked, answers: [{ at: DUE_AT, status: 200 }] }] })],
    ['a webhook that is never acknowledged', allIsWell({ webhooks: [booked, { ...cancelled(DUE_AT), answers: [] }] })],
  ])('has nothing to be said about: %s', (_what, evidence) => {
    expect(judge(evidence)).toEqual([]);
  });

  it('has nothing to be said about a booking that is replaced before it comes to life', () => {
    const deliveries = [
      { bodyHash: 'b0', status: 'dispatched', reason: 'retired' },
      { bodyHash: 'm0', status: 'dispatched', reason: 'told' },
    ];
    const [, second] = replaced().bookings;

    expect(judge(replaced({ deliveries, bookings: [second!], mailRows: [{ ...row, uid: 'second' }] }))).toEqual([]);
  });
});

function sentMeanwhile(): Partial<Evidence> {
  return { mails: [{ ...mail, takenAt: DUE_AT }], bookings: [{ ...booking, status: 'cancelled' }], mailRows: [row] };
}

describe('I1, what was acknowledged', () => {
  it.each([
    ['is not kept', [], 'I1 booked: acknowledged, and not in the store'],
    ['is still pending', [{ bodyHash: 'b0', status: 'pending' }], 'I1 booked: acknowledged, and pending in the end'],
    [
      'is quarantined',
      [{ bodyHash: 'b0', status: 'quarantined' }],
      'I1 booked: acknowledged, and quarantined in the end',
    ],
  ])('is broken when it %s', (_how, deliveries, violation) => {
    expect(brokenBy(allIsWell({ deliveries }))).toContain(violation);
  });

  it('is broken when a booking does not exist', () => {
    const violation = 'I1 booked: acknowledged and dispatched, and there is no such booking';
    expect(brokenBy(allIsWell({ bookings: [] }))).toContain(violation);
  });

  it('is broken when a cancel has had no effect', () => {
    expect(brokenBy(calledOff(DUE_AT - 1, { bookings: [booking] }))).toContain(
      'I1 cancelled: acknowledged, and the booking first is completed',
    );
  });

  it('is not broken by a cancel that came when the call was over', () => {
    const deliveries = ['told', 'closed'].map((reason, index) => ({
      bodyHash: ['b0', 'c0'][index]!,
      status: 'dispatched',
      reason,
    }));
    const late = cancelled(Date.parse(STARTS_AT) + 60_000);

    expect(judge(allIsWell({ webhooks: [booked, late], deliveries }))).toEqual([]);
  });

  it('is broken when the replaced booking lives on', () => {
    const [, second] = replaced().bookings;
    expect(brokenBy(replaced({ bookings: [booking, second!] }))).toContain(
      'I1 moved: acknowledged, and the booking first is completed',
    );
  });
});

describe('I2, one mail once', () => {
  it.each([
    ['never taken', { mails: [] }, 'said to be sent, never taken'],
    ['taken twice without a flag', { mails: twice }, 'taken twice, and not flagged'],
    ['flagged in the row only', { mails: twice, mailRows: [flagged] }, 'taken twice, and not flagged'],
    ['flagged in the timetable only', { mails: twice, bookings: sentTwice }, 'taken twice, and not flagged'],
    [
      'another one the second time',
      { mails: [mail, { ...mail, contentHash: 'two' }], mailRows: [flagged], bookings: sentTwice },
      'taken twice, and not the same',
    ],
    ['taken three times', { mails: [...twice, mail], mailRows: [flagged], bookings: sentTwice }, 'taken 3 times'],
    ['sent to another', { mails: [{ ...mail, recipient: 'else@faults.example' }] }, 'sent to another'],
    ['unknown', { mails: [mail, { ...mail, messageId: '<other>' }] }, 'nobody has expected this mail'],
  ])('is broken by a mail that is %s', (_how, facts, what) => {
    expect(brokenBy(allIsWell(facts))).toEqual([`I2 ${what}`]);
  });

  it('is broken by a mail that the store knows nothing of', () => {
    expect(brokenBy(calledOff(DUE_AT + 10, { mails: [mail] }))).toEqual(['I2 taken, and the store says skipped']);
  });
});

describe('I3, nothing stale', () => {
  it('is broken by a mail that is taken more than a second after the cancel was acknowledged', () => {
    const evidence = calledOff(mail.takenAt - 1_001, { ...sentMeanwhile(), mails: [mail] });
    expect(brokenBy(evidence)).toEqual(['I3 taken 1001 ms after it was acknowledged as cancelled']);
  });

  it('is broken by a mail for the booking that was replaced', () => {
    const mails = [mail, { ...mail, messageId: '<second>' }];
    expect(brokenBy(replaced({ mails }))).toContain('I3 taken 30020 ms after it was acknowledged as moved');
  });
});

describe('I4, every reminder decided', () => {
  it.each([
    ['planned in the timetable', { reminders: [{ offset: '1h', outcome: 'planned' }] }, { ...row, state: 'sending' }],
    ['missing in the timetable', { reminders: [] }, { ...row, state: 'sending' }],
    ['failed in the timetable, without a reason', { reminders: [{ offset: '1h', outcome: 'failed' }] }, row],
    ['claimed in the store', {}, { ...flagged, state: 'claimed' }],
    ['failed in the store, without a reason', {}, { ...flagged, state: 'failed' }],
  ])('is broken by a reminder that is %s', (what, facts, mailRow) => {
    expect(brokenBy(allIsWell({ bookings: [{ ...booking, ...facts }], mailRows: [mailRow] }))).toEqual([`I4 ${what}`]);
  });

  it('is broken by a reminder that has no row', () => {
    expect(brokenBy(calledOff(DUE_AT - 1, { mailRows: [] }))).toEqual(['I4 missing in the store']);
  });
});

describe('I5, Notion', () => {
  it.each([
    ['Notion says Booked instead of Completed', { bookingStatus: 'Booked', callDate: '2027-03-01' }],
    ['Notion says 2027-03-02 instead of 2027-03-01', { bookingStatus: 'Completed', callDate: '2027-03-02' }],
  ])('is broken when %s', (what, says) => {
    expect(brokenBy(allIsWell({ contacts: [{ email: ADDRESS, ...says }] }))).toEqual([`I5 ${what}`]);
  });

  it('is broken when a run has not ended, if that was waited for', () => {
    const bookings = [{ ...booking, isOver: false }];

    expect(brokenBy(allIsWell({ bookings }))).toEqual(['I5 its run has not ended']);
    expect(brokenBy(allIsWell({ bookings, waitedFor: 'reminders' }))).toEqual([]);
  });
});

describe('I7, the log', () => {
  it.each([
    ['an address', `{"msg":"mail to ${ADDRESS.toUpperCase()}"}`],
    ['a name', '{"msg":"mail to Anna Quillfeather"}'],
  ])('is broken by %s', (_what, line) => {
    expect(brokenBy(allIsWell({ log: [line] }))).toEqual(['I7 a person in the log']);
  });
});

describe('I8, the processes', () => {
  it('is broken by one that ends by itself', () => {
    expect(brokenBy(allIsWell({ endedByThemselves: ['worker'] }))).toEqual(['I8 ended by itself']);
  });
});
