import { describe, expect, it } from 'vitest';
import { KEPT_HEADERS, stripSecrets } from '../../src/calcom/strip-secrets.ts';
import { attendee, created, fixture, fixtureNames, type Json, readBody, sample } from './support.ts';

function kept(body: unknown): string {
  return stripSecrets(Buffer.from(JSON.stringify(body))).toString();
}

function keptPayload(fields: Json): Json {
  return (JSON.parse(kept(created(fields))) as { payload: Json }).payload;
}

/** A link with the one thing in it that must not be kept. */
const OTHER_LINK = 'https://user:canary@example.com/recording/7?signature=canary&x=1#canary';
const BARE_LINK = 'https://example.com/recording/7';

describe('a body that is kept', () => {
  it.each<[string, Json]>([
    ['the password that accepts a request', { oneTimePassword: 'canary' }],
    ['the password of the video room', { videoCallData: { type: 'daily_video', id: '7', password: 'canary' } }],
    [
      'a passcode, wherever it is',
      { conferenceData: { entryPoints: [{ passcode: 'canary', meetingPasscode: 'canary' }] } },
    ],
    ['a token, wherever it is', { metadata: { accessToken: 'canary', token: { value: 'canary' } } }],
    ['a secret, wherever it is', { webhook: { clientSecret: 'canary', secret: 'canary' } }],
    ['a private booking link', { hashedLink: { link: 'canary' } }],
    ['the invitations', { attendeeIcsContent: 'BEGIN:VCALENDAR canary', organizerIcsContent: 'canary' }],
    ['an invitation under another name', { calendar: ['BEGIN:VCALENDAR\r\ncanary'] }],
    ['the answers to the form', { responses: { notes: { label: 'notes', value: 'canary' } } }],
    ['whom somebody brings along', { responses: { guests: { value: ['canary'] } } }],
    ['the answers that were not shown', { responses: { source: { value: 'canary', isHidden: true } } }],
    ['the answers of old forms', { customInputs: { canary: 'canary' } }],
    ['what a link lets in with', { downloadLink: OTHER_LINK, previousLocation: OTHER_LINK }],
    ['what a link within a text lets in with', { description: `Recorded: ${OTHER_LINK}\nand ${OTHER_LINK}.` }],
    ['what a link in odd spelling lets in with', { platformCancelUrl: 'HTTPS:\\\\u:canary@example.com\\?canary' }],
    [
      'what a video room lets in with that is not mailed',
      { videoCallData: { url: `https://example.daily.co/7?t=canary` } },
    ],
  ])('lacks %s', (_, fields) => {
    expect(JSON.stringify(created(fields))).toContain('canary');
    expect(kept(created(fields))).not.toContain('canary');
  });

  it('lacks them also beside and within payload.booking, and without a payload', () => {
    const secrets = { oneTimePassword: 'canary', downloadLink: OTHER_LINK };

    expect(
      kept({ ...created(), payload: { ...secrets, booking: { ...created().payload, ...secrets } } }),
    ).not.toContain('canary');
    expect(kept({ ...fixture('meeting-ended'), ...secrets })).not.toContain('canary');
    expect(kept([secrets])).not.toContain('canary');
  });

  it('has what is left of a link', () => {
    expect(keptPayload({ downloadLink: OTHER_LINK, description: `see ${OTHER_LINK} there` })).toMatchObject({
      downloadLink: BARE_LINK,
      description: `see ${BARE_LINK} there`,
    });
  });

  it('has the link that is mailed, wherever Cal.com put it', () => {
    const link = 'https://example.zoom.us/j/82345678901?pwd=dG9rZW4';
    const plain = { metadata: {}, location: 'integrations:zoom' };

    expect(keptPayload({ metadata: { videoCallUrl: link } })).toMatchObject({ metadata: { videoCallUrl: link } });
    expect(keptPayload({ ...plain, location: link })).toMatchObject({ location: link });
    expect(keptPayload({ ...plain, videoCallData: { url: link } })).toMatchObject({ videoCallData: { url: link } });
  });

  it('has the answers to the owner’s questions as they stand, for they are told', () => {
    const answer = { label: 'Where is it?', value: [OTHER_LINK, { accessToken: 'x' }] };

    expect(keptPayload({ userFieldsResponses: { where: answer } })).toMatchObject({
      userFieldsResponses: { where: answer },
    });
  });

  it('still tells apart bookings and seats that only a token tells apart', () => {
    const [one, other] = ['https://example.com/?id=1', 'https://example.com/?id=2'];
    const seats = [other, one].map((referenceUid) =>
      attendee({ email: `${referenceUid.at(-1)}@example.com`, bookingSeat: { referenceUid } }),
    );
    const bodies = [
      ...['uid', 'rescheduleUid', 'rootBookingUid', 'iCalUID'].map((name) => created({ [name]: one })),
      created({ uid: undefined, bookingUid: one }),
      created({ seatsPerTimeSlot: 2, attendeeSeatId: one, attendees: seats }),
    ];

    for (const body of bodies) expect(readBody(kept(body))).toEqual(readBody(JSON.stringify(body)));
  });

  it('has everything else', () => {
    const { payload, ...envelope } = fixture('booking-cancelled');
    const { responses: _, userFieldsResponses: __, customInputs: ___, ...rest } = payload;

    expect(JSON.parse(kept(fixture('booking-cancelled')))).toEqual({ ...envelope, payload: rest });
  });

  it('has the text of a custom template', () => {
    expect(JSON.parse(kept(fixture('odd.custom-template')))).toEqual(fixture('odd.custom-template'));
  });

  it.each(fixtureNames)('loses nothing more when it is stripped again: %s', (name) => {
    const once = kept(fixture(name));

    expect(stripSecrets(Buffer.from(once)).toString()).toBe(once);
  });

  it('lacks the one password of the sample request', () => {
    const { oneTimePassword } = fixture('booking-requested').payload;

    expect(oneTimePassword).toBeTypeOf('string');
    expect(kept(sample('booking-requested'))).not.toContain(oneTimePassword);
  });
});

describe('a body that is no JSON', () => {
  it.each(['', 'triggerEvent=BOOKING_CREATED&name=Ada', '\0', '{"triggerEvent":'])('is kept as it is: %j', (text) => {
    expect(stripSecrets(Buffer.from(text)).toString()).toBe(text);
  });

  it('is kept byte by byte', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);

    expect(stripSecrets(bytes)).toEqual(bytes);
  });

  it('is kept up to 64 KiB, with a mark where it was cut', () => {
    const whole = stripSecrets(Buffer.alloc(64 * 1024, 'a'));
    const cut = stripSecrets(Buffer.alloc(1024 * 1024, 'a'));

    expect(whole.toString()).toBe('a'.repeat(64 * 1024));
    expect(cut).toHaveLength(64 * 1024);
    expect(cut.toString()).toMatch(/^a+…$/);
  });

  it.each(['{}', '[]', 'false', JSON.stringify(created())])('does not become JSON by being cut: %.20s', (json) => {
    const body = Buffer.from(`${json}${' '.repeat(70_000)}x`);

    expect(readBody(stripSecrets(body))).toEqual({ verdict: 'quarantined', reason: 'not_json' });
  });
});

describe('a hostile body', () => {
  const plain = JSON.stringify(created());
  /** The plain booking with one more field at the end of its payload, where it counts even if it is there already. */
  const withField = (field: string) => Buffer.from(plain.replace(/}}$/, `,${field}}}`));
  const brackets = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}0${'}'.repeat(levels)}`;

  it.each([
    ['with brackets nested half a million deep', withField(`"metadata":${brackets(500_000)}`)],
    ['with objects nested a hundred thousand deep', withField(`"metadata":${objects(100_000)}`)],
    ['that is nothing but brackets', Buffer.from(brackets(500_000))],
    ['with seats beyond all numbers', withField('"seatsPerTimeSlot":1e400')],
    ['with a uid beyond all numbers', withField('"booking":{"uid":1e400,"length":-1e400}')],
    ['with keys that could reach the prototype', withField('"__proto__":{"uid":"x"},"constructor":{"prototype":{}}')],
    ['with 60,000 keys', withField(Array.from({ length: 60_000 }, (_, key) => `"k${key}":"https://a"`).join(','))],
    ['with lone surrogates', withField('"eventTitle":"\\ud800","location":"\\udfff"')],
    ['with an answer beyond all numbers', withField('"userFieldsResponses":{"a":1e400,"b":-0,"c":1e21}')],
    ['with an answer nested a hundred thousand deep', withField(`"userFieldsResponses":{"a":${brackets(100_000)}}`)],
    [
      'with a megabyte of answers',
      withField(`"responses":{${Array.from({ length: 60_000 }, (_, key) => `"k${key}":"yes"`).join(',')}}`),
    ],
    ['with a megabyte of links', withField(`"description":"${'https://'.repeat(120_000)}"`)],
    ['with a megabyte of questions', withField(`"description":"${'https:?#@'.repeat(110_000)}"`)],
    ['with a megabyte of a key', withField(`"${'token'.repeat(200_000)}x":1`)],
  ])('%s is stripped at once, and says the same', (_, body) => {
    const before = performance.now();

    const stripped = stripSecrets(body);

    expect(performance.now() - before).toBeLessThan(2_000);
    expect(readBody(stripped)).toEqual(readBody(body));
    expect(({} as { uid?: unknown }).uid).toBeUndefined();
  });
});

describe('the headers that are kept', () => {
  it('are those that tell what was sent and by what, and never the signature', () => {
    expect(KEPT_HEADERS).toEqual(['x-cal-webhook-version', 'content-type', 'user-agent']);
  });
});
