import { describe, expect, it } from 'vitest';
import { CalcomRefused, CalcomUnavailable } from '../../src/calcom/api.ts';
import { createLinks, type LinkPurpose } from '../../src/link.ts';
import { createPersonOf } from '../../src/person.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { aCurrent, createFakeCalcom } from '../calcom/a-current-booking.ts';
import { INSTALLATION_KEY } from '../calcom/support.ts';
import { aBookedCall, createPagesApp, kept, NOW, type PagesApp, pathOf } from './pages-app.ts';

const { uid, pages } = aBookedCall();
const PURPOSES: LinkPurpose[] = ['confirm', 'cancel', 'move', 'unsubscribe', 'calendar'];
const ACTS = PURPOSES.filter((purpose) => purpose !== 'calendar');
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const TOBIAS = createPersonOf(INSTALLATION_KEY)('tobias.okafor@example.com');

function get({ app }: PagesApp, url: string) {
  return app.inject({ method: 'GET', url });
}

function press({ app }: PagesApp, url: string, payload = '', headers: Record<string, string> = FORM) {
  return app.inject({ method: 'POST', url, payload, headers });
}

/** The pages with a Cal.com that has the booking. */
function withCalcom() {
  const calcom = createFakeCalcom();
  calcom.put(aCurrent({}, aBookedCall()));
  return { calcom, server: createPagesApp(undefined, { calcom }) };
}

function titleIn(html: string): string | undefined {
  return /<h1>(.*)<\/h1>/.exec(html)?.[1];
}

const buttonsIn = (html: string) => [...html.matchAll(/<button[^>]*>(.*?)<\/button>/g)].map(([, text]) => text);

describe('the page behind a link', () => {
  it('says what it is about, with the time on the reader’s own clock', async () => {
    const { statusCode, headers, body } = await get(createPagesApp(), pathOf('confirm'));

    expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(titleIn(body)).toBe('Will you be there?');
    expect(body).toContain('Discovery call');
    expect(body).toContain('Thursday, 3 December 2026, 09:00');
    expect(body).toContain('America/Chicago');
    expect(body).toContain('Mara Lindqvist');
    expect(body).not.toContain('example.com');
  });

  it.each([
    ['de', 'Sind Sie dabei?', 'Donnerstag, 3. Dezember 2026, 09:00 Uhr'],
    ['fr', 'Serez-vous là ?', 'jeudi 3 décembre 2026, 09:00'],
    ['nl', 'Bent u erbij?', 'donderdag 3 december 2026, 09:00 uur'],
    ['en', 'Will you be there?', 'Thursday, 3 December 2026, 09:00'],
    ['xx', 'Will you be there?', 'Thursday, 3 December 2026, 09:00'],
  ])('is in the language of the mail: %s', async (language, title, time) => {
    const { body } = await get(createPagesApp(), pathOf('confirm', { language }));

    expect(titleIn(body)).toBe(title);
    expect(body).toContain(time);
    expect(body).toContain(`<html lang="${language === 'xx' ? 'en' : language}">`);
  });

  it('tells the time on the organizer’s clock to whoever has none, and else on that of the installation', async () => {
    const [tobias] = aBookedCall().attendees;
    const { timeZone: _, ...zoneless } = tobias;
    const withOrganizers = kept(aBookedCall({ attendees: [zoneless] }));
    const without = kept(aBookedCall({ attendees: [zoneless], organizer: { name: 'Mara' } }));

    expect((await get(createPagesApp(withOrganizers), pathOf('confirm'))).body).toContain('16:00');
    expect((await get(createPagesApp(without), pathOf('confirm'))).body).toContain('15:00');
  });

  it.each(ACTS)('changes nothing by being looked at, nor by HEAD: %s', async (purpose) => {
    const { calcom, server } = withCalcom();

    for (const method of ['GET', 'HEAD'] as const) {
      expect((await server.app.inject({ method, url: pathOf(purpose) })).statusCode).toBe(200);
    }

    expect([server.arrived, server.suppressed, calcom.asked, server.woken()]).toEqual([[], [], [], 0]);
  });

  it.each(PURPOSES)('is for whoever has it and for nobody else to keep, list or frame: %s', async (purpose) => {
    const { headers } = await get(createPagesApp(), pathOf(purpose));

    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
      'x-content-type-options': 'nosniff',
    });
  });

  it('brings everything with it: no script, nothing from elsewhere', async () => {
    const { headers, body } = await get(createPagesApp(), pathOf('confirm'));

    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(body).not.toMatch(/<script|https?:|@import|url\(/);
  });

  it('lets its button lead to Cal.com where that is what it is for, and nowhere else', async () => {
    for (const purpose of ['move', 'cancel'] as const) {
      const { headers } = await get(createPagesApp(), pathOf(purpose));
      expect(headers['content-security-policy']).toContain("form-action 'self' https://cal.com;");
    }
  });

  it('shows what strangers have typed as they typed it', async () => {
    const title = `<script>alert(1)</script> {{ 7 | times: 7 }} {% raw %} "'&`;
    const server = createPagesApp(kept(aBookedCall({ title, organizer: { name: '<img src=x onerror=alert(1)>' } })));

    const { body } = await get(server, pathOf('confirm'));

    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 | times: 7 }} {% raw %} &#34;&#39;&amp;');
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(body).not.toMatch(/<script|<img/);
  });
});

describe('a link that is not good', () => {
  const others = createLinks({ installationKey: 'k'.repeat(40), publicUrl: '' });
  const claims = { booking: { uid }, person: TOBIAS, language: 'de', expiresAt: NOW + 1 };

  it.each<[string, string, number, string]>([
    ['is none of ours', others.urlOf({ purpose: 'cancel', ...claims }), 404, 'This link does not work'],
    ['was made for something else', pathOf('confirm').replace('/confirm/', '/cancel/'), 404, 'This link does not work'],
    ['was cut off', pathOf('cancel').slice(0, -1), 404, 'This link does not work'],
    ['is too old', pathOf('cancel', { expiresAt: NOW }), 410, 'This link has expired'],
  ])('says so, to a button too: one that %s', async (_, url, status, title) => {
    const { calcom, server } = withCalcom();

    for (const { statusCode, body } of [await get(server, url), await press(server, url)]) {
      expect([statusCode, titleIn(body)]).toEqual([status, title]);
      expect(body).not.toContain('Discovery call');
    }
    expect(calcom.asked).toEqual([]);
  });

  it.each(['confirm', 'cancel', 'move', 'calendar'] as const)(
    'says so once nothing is known of the call any more: %s',
    async (purpose) => {
      const server = createPagesApp();
      const unreported = kept(aBookedCall(), {}, { row: { isOver: true, verifiedAt: new Date(), state: undefined } });

      for (const known of [undefined, unreported]) {
        server.found.clear();
        if (known) server.found.set(uid, known);
        const { statusCode, body } = await get(server, pathOf(purpose, { language: 'de' }));
        expect([statusCode, titleIn(body)]).toEqual([410, 'Dieser Link gilt nicht mehr']);
      }
    },
  );

  it('does nothing about another seat of the slot', async () => {
    const server = createPagesApp(kept(aBookedCall({ seat: 'a'.repeat(32) })));

    expect((await press(server, pathOf('confirm', { booking: { uid, seat: 'b'.repeat(32) } }))).statusCode).toBe(410);
    expect((await press(server, pathOf('confirm', { booking: { uid } }))).statusCode).toBe(410);
    expect(server.arrived).toEqual([]);
  });
});

describe('a call about which it is too late', () => {
  const TO_BE_MOVED = { standing: 'cancelled', calledOffAs: 'reschedule_requested' } as const;

  it.each<[string, PagesApp, string]>([
    [
      'has begun',
      createPagesApp(kept(aBookedCall({ startsAt: new Date(NOW).toISOString() }))),
      'It is too late for that',
    ],
    ['was called off', createPagesApp(kept(aBookedCall(), { standing: 'cancelled' })), 'This call has been cancelled'],
    [
      'was called off a moment ago',
      createPagesApp(kept(aBookedCall(), {}, { calledOffAt: new Date(NOW) })),
      'This call has been cancelled',
    ],
    [
      'the host wants at another time',
      createPagesApp(kept(aBookedCall(), TO_BE_MOVED)),
      'You are asked for another time',
    ],
    ['was moved', createPagesApp(kept(aBookedCall(), { standing: 'superseded' })), 'This call has been moved'],
    [
      'was moved a moment ago',
      createPagesApp(kept(aBookedCall(), {}, { isRetired: true })),
      'This call has been moved',
    ],
  ])('is left as it is: one that %s', async (_, server, title) => {
    for (const purpose of ['confirm', 'cancel', 'move'] as const) {
      for (const { body } of [await get(server, pathOf(purpose)), await press(server, pathOf(purpose))]) {
        expect([titleIn(body), buttonsIn(body)]).toEqual([title, []]);
      }
    }
    expect(server.arrived).toEqual([]);
  });

  it('may be booked again once it was called off', async () => {
    const { body } = await get(createPagesApp(kept(aBookedCall(), { standing: 'cancelled' })), pathOf('move'));

    expect(body).toContain(`<a href="${pages!.bookAgain}">Book another call</a>`);
  });

  it.each([
    ['en', 'You are asked for another time', 'Choose another time'],
    ['de', 'Sie werden um einen anderen Termin gebeten', 'Anderen Termin wählen'],
    ['fr', 'Un autre moment vous est demandé', 'Choisir un autre créneau'],
    ['nl', 'U wordt om een ander tijdstip gevraagd', 'Ander tijdstip kiezen'],
  ])('leads to where another time is chosen, where the host asks for one: %s', async (language, title, link) => {
    const { body } = await get(createPagesApp(kept(aBookedCall(), TO_BE_MOVED)), pathOf('cancel', { language }));

    expect(titleIn(body)).toBe(title);
    expect(body).toContain(`<a href="${pages!.move}">${link}</a>`);
  });

  it('is a matter for an answer to the mail, where the host asks for another time and no page to choose one is known', async () => {
    const { pages: _, ...unpaged } = aBookedCall();

    const { body } = await get(createPagesApp(kept(unpaged, TO_BE_MOVED)), pathOf('cancel'));

    expect(titleIn(body)).toBe('You are asked for another time');
    expect(body).toContain('Please answer the e-mail that this link is in.');
    expect(body).not.toContain('<a href');
  });

  it('stands if it was confirmed after it had been called off', async () => {
    const times = { calledOffAt: new Date(NOW - 60_000), toldAt: new Date(NOW - 30_000) };

    expect(titleIn((await get(createPagesApp(kept(aBookedCall(), {}, times)), pathOf('confirm'))).body)).toBe(
      'Will you be there?',
    );
  });
});

describe('"I will be there"', () => {
  it('comes into the inbox as news of the booking, with no name in it', async () => {
    const server = createPagesApp();

    const { statusCode, body } = await press(server, pathOf('confirm'));

    expect([statusCode, titleIn(body), buttonsIn(body)]).toEqual([200, 'Thank you', []]);
    expect(server.arrived).toEqual([
      {
        delivery: expect.objectContaining({ source: 'attendee', signature: 'valid', headers: {} }),
        verdict: {
          status: 'pending',
          trigger: 'CONFIRMED_BY_LINK',
          warnings: [],
          event: {
            kind: 'acknowledged',
            id: expect.stringMatching(/^[0-9a-f]{32}$/),
            occurredAt: new Date(NOW).toISOString(),
            booking: { uid },
            person: TOBIAS,
          },
        },
      },
    ]);
    expect(server.arrived[0]!.delivery.body.toString()).not.toMatch(/tobias|example/i);
    expect(server.woken()).toBe(1);
  });

  it('is said once however often it is said', async () => {
    const server = createPagesApp();

    const answers = [
      await press(server, pathOf('confirm')),
      await press(server, pathOf('confirm', { language: 'de' })),
    ];

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(server.arrived).toHaveLength(1);
    expect(server.woken()).toBe(1);
  });

  it('is said anew of another time, and by another person', async () => {
    const server = createPagesApp();
    await press(server, pathOf('confirm'));
    await press(server, pathOf('confirm', {}, 'guest@example.com'));
    server.found.set(uid, kept(aBookedCall({ startsAt: '2026-12-04T15:00:00.000Z' })));
    await press(server, pathOf('confirm'));

    const ids = server.arrived.map(({ verdict }) => verdict.status === 'pending' && verdict.event.id);
    expect(new Set(ids).size).toBe(3);
  });

  it('needs no button once it is known', async () => {
    const { body } = await get(createPagesApp(kept(aBookedCall(), { acknowledgedBy: [TOBIAS] })), pathOf('confirm'));

    expect([titleIn(body), buttonsIn(body)]).toEqual(['Thank you', []]);
  });
});

describe('cancelling', () => {
  it('asks Cal.com to, with the reason if one was given', async () => {
    const { calcom, server } = withCalcom();

    expect((await get(server, pathOf('cancel'))).body).toContain('<label for="reason">Reason (optional)</label>');
    const { statusCode, body } = await press(server, pathOf('cancel'), 'reason=I+am%0D%0Aill%E2%80%AE');

    expect([statusCode, titleIn(body)]).toEqual([200, 'The call is cancelled']);
    expect(calcom.asked).toEqual([`cancel ${uid}: I am ill`]);
    expect(body).toContain('Book another call');
  });

  it('gives Cal.com a reason where there was none, for it wants one', async () => {
    const { calcom, server } = withCalcom();

    await press(server, pathOf('cancel'), 'reason=+');

    expect(calcom.asked).toEqual([`cancel ${uid}: Cancelled by an attendee`]);
  });

  it('ends well if it is off already', async () => {
    const { server } = withCalcom();

    await press(server, pathOf('cancel'));

    expect(titleIn((await press(server, pathOf('cancel'))).body)).toBe('The call is cancelled');
  });

  it.each([new CalcomUnavailable('answered 503'), new CalcomRefused('Cal.com does not accept the API key')])(
    'that Cal.com does not do now may be tried again, or be done there: %s',
    async (failure) => {
      const { calcom, server } = withCalcom();
      calcom.onCancel = () => {
        throw failure;
      };

      const { statusCode, headers, body } = await press(server, pathOf('cancel'));

      expect([statusCode, headers['retry-after'], titleIn(body)]).toEqual([503, '60', 'That did not work']);
      expect(buttonsIn(body)).toEqual(['Try again']);
      expect(body).toContain(`<a href="${pages!.cancel}">`);
      expect(server.lines()).toContainEqual(expect.objectContaining({ bookingUid: uid, reason: failure.message }));
    },
  );

  it('is done on Cal.com’s page without a key to its API, and for a seat, whose slot others keep', async () => {
    const seat = 'a'.repeat(32);
    const { calcom } = withCalcom();
    const seated = createPagesApp(kept(aBookedCall({ seat })), { calcom });

    for (const [server, url] of [
      [createPagesApp(), pathOf('cancel')],
      [seated, pathOf('cancel', { booking: { uid, seat } })],
    ] as const) {
      expect(buttonsIn((await get(server, url)).body)).toEqual(['Continue']);
      const { statusCode, headers } = await press(server, url);
      expect([statusCode, headers.location, headers['referrer-policy']]).toEqual([303, pages!.cancel, 'no-referrer']);
    }
    expect(calcom.asked).toEqual([]);
  });
});

describe('choosing another time', () => {
  it('is done on Cal.com’s page', async () => {
    const server = createPagesApp();

    expect(buttonsIn((await get(server, pathOf('move'))).body)).toEqual(['Choose another time']);
    const { statusCode, headers } = await press(server, pathOf('move'));

    expect([statusCode, headers.location]).toEqual([303, pages!.move]);
  });

  it.each(['move', 'cancel'] as const)(
    'without such a page is a matter for an answer to the mail: %s',
    async (purpose) => {
      const { pages: _, ...unpaged } = aBookedCall();
      const server = createPagesApp(kept(unpaged));

      for (const { body } of [await get(server, pathOf(purpose)), await press(server, pathOf(purpose))]) {
        expect([titleIn(body), buttonsIn(body)]).toEqual(['This cannot be done here', []]);
      }
    },
  );
});

describe('unsubscribing', () => {
  const fromCall = { person: TOBIAS, booking: { uid }, reason: 'unsubscribed', at: new Date(NOW).toISOString() };
  const { booking: _, ...fromAll } = fromCall;

  it('is from the mails about one call, or from all', async () => {
    const server = createPagesApp();

    const { body } = await get(server, pathOf('unsubscribe'));
    expect(buttonsIn(body)).toEqual(['No more e-mails about this call', 'No e-mails at all']);

    expect(titleIn((await press(server, pathOf('unsubscribe'))).body)).toBe('No more e-mails about this call');
    expect(titleIn((await press(server, pathOf('unsubscribe'), 'scope=all')).body)).toBe('No more e-mails');
    expect(server.suppressed).toEqual([fromCall, fromAll]);
  });

  it.each<[string, string, Record<string, string>]>([
    ['a form', 'List-Unsubscribe=One-Click', FORM],
    [
      'a form in parts',
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
      { 'content-type': 'multipart/form-data; boundary=x' },
    ],
    ['what it calls nonsense', 'List-Unsubscribe=One-Click', { 'content-type': 'nonsense' }],
    ['nothing', '', {}],
  ])('takes one click of a mail program that sends %s', async (_, payload, headers) => {
    const server = createPagesApp();

    expect((await press(server, pathOf('unsubscribe'), payload, headers)).statusCode).toBe(200);
    expect(server.suppressed).toEqual([fromCall]);
  });

  it('works for a call that is over, moved, or not known any more', async () => {
    for (const known of [kept(aBookedCall(), {}, { isRetired: true }), undefined]) {
      const server = createPagesApp(known);
      if (!known) server.found.clear();

      expect((await get(server, pathOf('unsubscribe'))).statusCode).toBe(200);
      expect((await press(server, pathOf('unsubscribe'))).statusCode).toBe(200);
      expect(server.suppressed).toEqual([fromCall]);
    }
  });
});

describe('the calendar file', () => {
  it('has the call as it is now', async () => {
    const { statusCode, headers, body } = await get(createPagesApp(), pathOf('calendar'));

    expect([statusCode, headers['content-type'], headers['content-disposition']]).toEqual([
      200,
      'text/calendar; charset=utf-8; method=PUBLISH',
      'attachment; filename="call.ics"',
    ]);
    expect(body).toContain('METHOD:PUBLISH');
    expect(body).toContain(`UID:${uid}@Cal.com`);
    expect(body).toContain('DTSTART:20261203T150000Z');
  });

  it.each([undefined, 'reschedule_requested'] as const)(
    'takes the entry away of a call that is off: %s',
    async (reason) => {
      const off = kept(aBookedCall(), { standing: 'cancelled', ...(reason && { calledOffAs: reason }) });

      expect((await get(createPagesApp(off), pathOf('calendar'))).body).toContain('METHOD:CANCEL');
    },
  );

  it('is none of a call that was moved, nor of one whose entry is not known', async () => {
    const { calendarEntry: _, ...entryless } = aBookedCall();
    const moved = await get(createPagesApp(kept(aBookedCall(), {}, { isRetired: true })), pathOf('calendar'));
    const unknown = await get(createPagesApp(kept(entryless)), pathOf('calendar'));

    expect([moved.statusCode, titleIn(moved.body)]).toEqual([410, 'This call has been moved']);
    expect([unknown.statusCode, titleIn(unknown.body)]).toEqual([404, 'There is no calendar file']);
  });

  it('is not posted to', async () => {
    expect((await press(createPagesApp(), pathOf('calendar'))).statusCode).toBe(404);
  });
});

describe('while something is down', () => {
  const down = () => Promise.reject(new StoreUnavailable('connection refused'));

  it('the pages ask to come back later, in the reader’s language', async () => {
    const server = createPagesApp(undefined, { findings: { kept: down } });

    for (const purpose of PURPOSES) {
      const { statusCode, headers, body } = await get(server, pathOf(purpose, { language: 'nl' }));
      expect([statusCode, headers['retry-after'], titleIn(body)]).toEqual([503, '60', 'Dat kan op dit moment niet']);
    }
  });

  it('nobody is told that something was done that was not', async () => {
    const server = createPagesApp(undefined, { inbox: { keep: down }, suppressions: { suppress: down } });

    for (const purpose of ['confirm', 'unsubscribe'] as const) {
      const { statusCode, body } = await press(server, pathOf(purpose));
      expect([statusCode, titleIn(body)]).toEqual([503, 'That does not work at the moment']);
    }
  });

  it('what nobody foresaw gives nothing away', async () => {
    const findings = { kept: () => Promise.reject(new Error('secret of the house')) };
    const { statusCode, body } = await get(createPagesApp(undefined, { findings }), pathOf('confirm'));

    expect([statusCode, titleIn(body)]).toEqual([500, 'That does not work at the moment']);
    expect(body).not.toContain('secret of the house');
  });

  it('a body without end is not waited for', async () => {
    const server = createPagesApp();

    expect((await press(server, pathOf('unsubscribe'), 'x'.repeat(10_241))).statusCode).toBe(413);
    expect(server.suppressed).toEqual([]);
  });
});

describe('the log', () => {
  it('has a line for each act, with the booking and nobody’s name', async () => {
    const { server } = withCalcom();

    for (const purpose of ACTS) {
      await get(server, pathOf(purpose));
      await press(server, pathOf(purpose));
    }

    const acts = server.lines().filter(({ bookingUid }) => bookingUid !== undefined);
    expect(acts.map(({ level, bookingUid }) => [level, bookingUid])).toEqual(ACTS.map(() => [30, uid]));
    expect(JSON.stringify(acts)).not.toMatch(new RegExp(`${TOBIAS}|tobias|example\\.com`, 'i'));
  });
});
