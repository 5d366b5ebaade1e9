import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Booking } from '../../src/booking.ts';
import { createMailRenderer, MAIL_TEMPLATES, type MailToWrite, TemplateError } from '../../src/email/mail-renderer.ts';
import { ADA, aBooking } from './a-booking.ts';
import { aHostMail, aMail, LANGUAGES, LINKS, NO_LINKS, renderer } from './a-mail.ts';

const HOUR_MS = 3_600_000;
const REMINDERS = ['72h', '24h', '2h'];
const FOR_HOSTS = MAIL_TEMPLATES.filter((name) => name.startsWith('host-') || name === 'move-rejected');
const FOR_ATTENDEES = MAIL_TEMPLATES.filter((name) => !FOR_HOSTS.includes(name));

const inLanguage = (language: string) => ({ ...ADA, locale: language, role: 'attendee' as const });

const readShared = (file: string) => readFileSync(join('templates', 'shared', file), 'utf8');

function thrownBy(start: () => unknown): unknown {
  try {
    start();
  } catch (error) {
    return error;
  }
  return undefined;
}

function linksIn(html: string) {
  return [...html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>([^<]*)<\/a>/g)].map(([, href, label]) => ({ href, label }));
}

describe('a reminder', () => {
  const reminder = (template: string, facts: Partial<MailToWrite> = {}) => {
    const startsAt = Date.parse((facts.booking ?? aBooking()).startsAt);
    return renderer.render(aMail({ template, now: startsAt - Number.parseInt(template, 10) * HOUR_MS, ...facts }));
  };

  it('says in its subject which call it is and how far away', () => {
    expect(reminder('72h').subject).toBe('Preparing for your call in 3 days: Discovery call');
    expect(reminder('24h').subject).toBe('Your call tomorrow at 09:00: Discovery call');
    expect(reminder('2h').subject).toBe('We start today at 09:00, in 2 hours: Discovery call');
  });

  it('helps to prepare only 72 hours before, and is shorter the nearer the call', () => {
    expect(reminder('72h').text).toContain('agenda');
    expect(reminder('24h').text).not.toContain('agenda');
    expect(reminder('2h').text.length).toBeLessThan(reminder('24h').text.length);
  });

  it('that goes out late tells the time that really remains', () => {
    const late = reminder('24h', { now: Date.parse(aBooking().startsAt) - 3 * HOUR_MS });

    expect(late.subject).toBe('Your call today at 09:00, in 3 hours: Discovery call');
    expect(late.text).toContain('starts today at 09:00, in 3 hours.');
    expect(late.text + late.html).not.toContain('tomorrow');
  });

  it.each(REMINDERS)('%s has the link to join as a button, and to read', (template) => {
    const url = 'https://app.cal.com/video/bFVsnXMGZQQkqHh3yzPdmT';

    expect(linksIn(reminder(template).html)).toEqual([
      { href: url, label: 'Join the call' },
      { href: url, label: url },
    ]);
    expect(reminder(template).text).toContain(`Join the call: ${url}\n`);
  });

  it.each(REMINDERS)('%s shows the place in words when there is no link', (template) => {
    const { joinUrl, ...booking } = aBooking({ location: '12 St James’s Square' });
    const { text, html } = reminder(template, { booking });

    expect(text).toContain('Where: 12 St James’s Square\n');
    expect(html).toContain('12 St James’s Square');
    expect(text + html).not.toContain('Join the call');
  });
});

describe('a mail to an attendee', () => {
  const EVERY = LANGUAGES.flatMap((language) => FOR_ATTENDEES.map((template) => [template, language] as const));

  it.each(EVERY)('%s in %s says who meets whom and when', (template, language) => {
    const mail = renderer.render(aMail({ template, reader: inLanguage(language) }));

    expect(mail.language).toBe(language);
    expect(mail.subject).toContain('Discovery call');
    for (const part of [mail.text, mail.html]) {
      for (const fact of ['Ada Lovelace', 'Grace Hopper', '2026', '09:00']) expect(part).toContain(fact);
    }
  });

  it.each(EVERY)('%s in %s leaves out what is not known without a trace', (template, language) => {
    const { joinUrl, ...booking } = aBooking({ organizer: { name: ' ' }, title: '', endsAt: aBooking().startsAt });
    const reader = { ...inLanguage(language), name: '' };
    const { subject, text, html } = renderer.render(aMail({ template, booking, reader }));

    expect(text).toMatch(/^[^\s,]+(?: Tag)?,\n/);
    expect(subject + text + html).not.toMatch(/null|undefined|\[object/);
    expect(subject + text).not.toMatch(/ [,.] | {2}|\n{3}/);
    expect(html).not.toContain('<a ');
  });

  it.each(EVERY)('%s in %s offers every link there is once, and none that there is not', (template, language) => {
    const write = (links: typeof LINKS) => renderer.render(aMail({ template, reader: inLanguage(language), links }));
    const ofOthers = /https:\/\/(precall|cal)\.(example\.)?com/;
    const { text, html } = write(LINKS);

    const isOver = template === 'cancelled' || template === 'no-show';
    const { bookAgain, unsubscribe, ...actions } = LINKS;
    for (const link of isOver ? [bookAgain, unsubscribe] : [...Object.values(actions), unsubscribe]) {
      expect(linksIn(html).filter(({ href }) => href === link)).toHaveLength(1);
      expect(text.split(`${link}\n`)).toHaveLength(2);
    }
    const without = write(NO_LINKS);
    expect(without.text + without.html).not.toMatch(ofOthers);
  });

  it('thanks whoever has confirmed instead of asking again', () => {
    const { text, html } = renderer.render(aMail({ links: LINKS, isConfirmed: true }));

    expect(text).toContain('Thank you for confirming');
    expect(html).toContain('Thank you for confirming');
    expect(text + html).not.toMatch(/I will be there|\/confirm\//);
  });

  it.each(['javascript:alert(1)', 'data:text/html,<b>', 'JaVaScRiPt:alert(1)', 'file:///etc/passwd', ''])(
    'makes no link of %s',
    (link) => {
      const links = Object.fromEntries(Object.keys(LINKS).map((name) => [name, link])) as unknown as typeof LINKS;
      const { html, text } = renderer.render(aMail({ booking: aBooking({ joinUrl: link }), links }));

      expect(html).not.toContain('href');
      expect(text).not.toMatch(/Join the call|Cancel the call/);
    },
  );

  it('cannot be broken out of by a link', () => {
    const joinUrl = 'https://example.com/"onmouseover="alert(1)?a=1&b=<b>';
    const { html } = renderer.render(aMail({ booking: aBooking({ joinUrl }) }));

    expect(html).toContain('href="https://example.com/%22onmouseover=%22alert(1)?a=1&amp;b=%3Cb%3E"');
  });
});

describe('what the mails tell of', () => {
  it('a move: when the call was to be before, where that is known', () => {
    const moved = aMail({ template: 'moved', previousStartsAt: '2026-12-02T09:30:00.000Z' });

    expect(renderer.render(moved).text).toContain('no longer takes place on Wednesday, 2 December 2026 at 03:30.');
    expect(renderer.render(aMail({ template: 'moved' })).text).not.toContain('no longer');
    const forHost = renderer.render(aHostMail({ ...moved, template: 'host-moved', reader: aHostMail().reader }));
    expect(forHost.text).toContain('no longer takes place on Wednesday, 2 December 2026 at 10:30.');
  });

  it.each(['cancelled', 'host-cancelled'])('%s: the reason, where one is given', (template) => {
    const mail = { ...(template === 'cancelled' ? aMail() : aHostMail()), template };

    expect(renderer.render({ ...mail, reason: 'A <b>strike</b>' }).text).toContain('“A <b>strike</b>”');
    expect(renderer.render({ ...mail, reason: 'A <b>strike</b>' }).html).toContain('“A &lt;b&gt;strike&lt;/b&gt;”');
    expect(renderer.render(mail).text).not.toContain('reason');
  });

  it('a call that is off or was missed: how to book another, not how to join', () => {
    for (const template of ['cancelled', 'no-show']) {
      const { html } = renderer.render(aMail({ template, links: LINKS }));

      expect(linksIn(html)[0]).toEqual({ href: LINKS.bookAgain, label: 'Book another time' });
      expect(html).not.toContain('app.cal.com/video');
    }
  });
});

describe('a mail to a host', () => {
  it.each(FOR_HOSTS)('%s says who has booked, in every language', (template) => {
    for (const locale of LANGUAGES) {
      const mail = renderer.render(aHostMail({ template, reader: { ...aHostMail().reader, locale } }));

      expect(mail.language).toBe(locale);
      expect(mail.text).toContain('Ada Lovelace, ada@example.com');
      expect(mail.html).toContain('ada@example.com');
      expect(mail.text).not.toMatch(/unsubscribe/);
    }
  });

  it('is in English where the host’s language is not known', () => {
    const { language } = renderer.render(aHostMail({ booking: aBooking({ attendees: [{ ...ADA, locale: 'de' }] }) }));

    expect(language).toBe('en');
  });

  it('has the organizer’s time, with the attendee’s beside it where it differs', () => {
    const { text } = renderer.render(aHostMail());
    expect(text).toContain('When: Thursday, 3 December 2026, 16:00 (Central European Standard Time, Europe/Berlin)');
    expect(text).toContain(
      'For the attendee: Thursday, 3 December 2026, 09:00 (Central Standard Time, America/Chicago)',
    );

    const away = renderer.render(aHostMail({ reader: { ...aHostMail().reader, timeZone: 'Asia/Tokyo' } }));
    expect(away.text).toBe(text);

    const nearby = aBooking({ attendees: [{ ...ADA, timeZone: 'Europe/Paris' }] });
    expect(renderer.render(aHostMail({ booking: nearby })).text).not.toContain('For the attendee');
  });

  it('tells a new booking with answers, guests, and whether the booker has confirmed', () => {
    const booking = aBooking({
      attendees: [ADA, { name: 'Charles Babbage', email: 'charles@example.com' }],
      answers: [{ question: 'How large is your team?', answer: '12 <engineers>' }],
    });
    const { text, html } = renderer.render(aHostMail({ booking, acknowledged: true }));

    expect(text).toContain('How large is your team?\n12 <engineers>\n');
    expect(html).toContain('12 &lt;engineers&gt;');
    expect(text).toContain('Guest: Charles Babbage, charles@example.com\n');
    expect(text).toContain('ada@example.com (has said “I will be there”)');
  });

  it('tells of a series by all its calls', () => {
    const seriesStartsAt = ['2026-12-03T15:00:00.000Z', '2026-12-10T15:00:00.000Z'];
    const { text, html } = renderer.render(aHostMail({ template: 'host-booked', seriesStartsAt }));

    expect(text).toContain(
      'All calls of this series\n- Thursday, 3 December 2026, 16:00\n- Thursday, 10 December 2026, 16:00\n',
    );
    expect(html).toContain('Thursday, 3 December 2026, 16:00<br>Thursday, 10 December 2026, 16:00</p>');
    expect(renderer.render(aHostMail({ template: 'host-booked' })).text).not.toContain('All calls');
  });

  it.each([
    ['the host', aHostMail({ template: 'host-cancelled' })],
    ['the booker', aMail({ template: 'cancelled' })],
  ])('tells %s of a series that is cancelled by all its calls', (_, mail) => {
    const { subject, text, html } = renderer.render({
      ...mail,
      seriesStartsAt: ['2026-12-03T15:00:00.000Z', '2026-12-10T15:00:00.000Z'],
    });

    expect(subject).toMatch(/ and later calls$/);
    expect(text).toMatch(/ later calls of its series/);
    expect(text).toMatch(/^All calls that are cancelled\n- \w+, 3 December 2026, .+\n- \w+, 10 December 2026, .+\n$/m);
    expect(html).toMatch(/3 December 2026, [\d:]+<br>\w+, 10 December 2026, [\d:]+<\/p>/);

    const alone = renderer.render(mail);
    expect(alone.subject + alone.text + alone.html).not.toMatch(/later calls|All calls|calls are cancelled/);
  });

  it('does not show answers or the booker’s address to attendees', () => {
    const booking = aBooking({ answers: [{ question: 'How large is your team?', answer: '12' }] });
    for (const template of FOR_ATTENDEES) {
      const { text, html } = renderer.render(aMail({ template, booking }));

      expect(text + html).not.toMatch(/How large|ada@example\.com/);
    }
  });
});

describe('the time zone of a mail', () => {
  const unknown = { name: 'Ada', email: 'ada@example.com', role: 'attendee' as const };

  it('is that of the attendee', () => {
    const reader = { ...unknown, timeZone: 'Asia/Kolkata' };
    expect(renderer.render(aMail({ reader })).text).toContain('20:30 (India Standard Time');
  });

  it('is that of the organizer when the attendee has none', () => {
    expect(renderer.render(aMail({ reader: unknown })).text).toContain('16:00 (Central European');
  });

  it('is that of the settings when neither has one', () => {
    const booking = aBooking({ organizer: { name: 'Grace' } });
    expect(renderer.render(aMail({ reader: unknown, booking })).text).toContain(
      '15:00 (Coordinated Universal Time, UTC)',
    );
  });
});

describe('the language of a mail', () => {
  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-de-1996', 'de'],
    ['fr_CA', 'fr'],
    ['nl-BE', 'nl'],
    ['en-US', 'en'],
    ['ja', 'en'],
    ['', 'en'],
    ['den', 'en'],
    ['-', 'en'],
    ['../../etc', 'en'],
    ['d'.repeat(100_000), 'en'],
  ])('for a reader of "%.20s" is %s', (locale, language) => {
    expect(renderer.languageFor({ locale })).toBe(language);
    expect(renderer.render(aMail({ reader: { ...ADA, locale, role: 'attendee' } })).language).toBe(language);
  });

  it('is English where nothing is known', () => {
    expect(renderer.languageFor({})).toBe('en');
  });
});

describe('with hostile words in the booking', () => {
  const HOSTILE = '"><script>alert(1)</script>{{ 7 | times: 7 }}{% raw %}\r\nBcc: eve@example.com\u202e\u0000\u200b';

  it.each(MAIL_TEMPLATES)('%s keeps them inert in subject, text and HTML', (template) => {
    const booking = aBooking({
      title: HOSTILE,
      organizer: { name: HOSTILE },
      location: HOSTILE,
      attendees: [{ ...ADA, name: HOSTILE }],
      answers: [{ question: HOSTILE, answer: HOSTILE }],
    });
    const { role } = (FOR_HOSTS as string[]).includes(template) ? aHostMail().reader : aMail().reader;
    const reader = { ...ADA, name: HOSTILE, role };
    const { subject, text, html } = renderer.render(aMail({ template, booking, reader, reason: HOSTILE }));

    expect(subject).not.toMatch(/[\p{Cc}\u202e\u200b]/u);
    expect(subject).toContain('<script>alert(1)</script>{{ 7 | times: 7 }}{% raw %} Bcc: eve@example.com');
    expect(text).not.toMatch(/[\u202e\u200b]|^Bcc:/m);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).not.toContain('49');
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 | times: 7 }}');
    expect(html).not.toContain('&amp;lt;');
    expect(html).not.toMatch(/[\u202e\u200b]/);
    expect(html.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('cuts a name of ten thousand letters, between characters', () => {
    const { text } = renderer.render(aMail({ reader: { ...ADA, name: '👩‍💻'.repeat(10_000), role: 'attendee' } }));

    expect(text.length).toBeLessThan(1_500);
    expect(text).not.toMatch(/\p{Cs}/u);
  });

  it('takes no words of others for a class', () => {
    const { html } = renderer.render(aMail({ reader: { ...ADA, name: 'Ada class="card"', role: 'attendee' } }));

    expect(html).toContain('Ada class=&#34;card&#34;');
  });

  describe('whatever they are', () => {
    const words = fc.oneof(
      fc.constantFrom(
        '',
        ' ',
        HOSTILE,
        '%}{{',
        '\u0000',
        '👩‍💻'.repeat(300),
        'مرحبا',
        '{{ call.title }}',
        '</td></table>',
      ),
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({ unit: fc.constantFrom(...'{}%"\'<>&\r\n\\|:\u202e'), maxLength: 40 }),
    );
    const instant = fc.date({ min: new Date('1971-01-01'), max: new Date('2199-01-01'), noInvalidDate: true });
    const timeZone = fc.constantFrom('Europe/Berlin', 'Pacific/Apia', 'Asia/Kathmandu', 'Mars/Olympus', 'UTC');
    const attendee = fc.record(
      { name: words, email: words, timeZone, locale: words },
      { requiredKeys: ['name', 'email'] },
    );
    const booking: fc.Arbitrary<Booking> = fc.record(
      {
        uid: words,
        title: words,
        startsAt: instant.map((date) => date.toISOString()),
        endsAt: instant.map((date) => date.toISOString()),
        organizer: fc.record({ name: words, email: words, timeZone }, { requiredKeys: ['name'] }),
        attendees: fc.tuple(attendee, attendee),
        joinUrl: fc.oneof(words, fc.webUrl()),
        location: words,
        answers: fc.array(fc.record({ question: words, answer: words }), { maxLength: 3 }),
      },
      { requiredKeys: ['uid', 'title', 'startsAt', 'endsAt', 'organizer', 'attendees'] },
    );
    const link = fc.oneof(words, fc.webUrl(), fc.constant(null));
    const links = fc.record({
      confirm: link,
      move: link,
      cancel: link,
      calendar: link,
      unsubscribe: link,
      bookAgain: link,
    });
    const mail: fc.Arbitrary<MailToWrite> = fc.record({
      template: fc.constantFrom(...MAIL_TEMPLATES),
      booking,
      now: instant.map((date) => date.getTime()),
      reader: fc.tuple(attendee, fc.constantFrom('attendee' as const, 'host' as const)).map(([person, role]) => ({
        ...person,
        role,
      })),
      links,
      isConfirmed: fc.boolean(),
      acknowledged: fc.boolean(),
      previousStartsAt: instant.map((date) => date.toISOString()),
      reason: words,
    });

    it('a mail is written, one line for its subject, with no tag but its own', () => {
      const ownTags = /<\/?(?:!doctype|html|head|meta|title|style|body|div|table|tr|td|p|h1|h2|strong|span|br|a)[\s>]/g;
      fc.assert(
        fc.property(mail, (about) => {
          const { subject, text, html } = renderer.render(about);

          expect(subject).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u);
          expect(text).not.toMatch(/[^\P{Cc}\n]/u);
          expect(html.match(/</g)).toHaveLength(html.match(ownTags)!.length);
        }),
        { numRuns: 150 },
      );
    });
  });
});

describe('an operator’s own templates', () => {
  const folders: string[] = [];

  function aFolderWith(files: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), 'precall-templates-'));
    folders.push(folder);
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), content);
    }
    return folder;
  }

  const withOwn = (files: Record<string, string>, required?: string[]) => () =>
    createMailRenderer({
      templatesDir: 'templates',
      ownTemplatesDir: aFolderWith(files),
      fallbackTimeZone: 'UTC',
      ...(required && { required }),
    });

  afterAll(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('take the place of the shipped ones file by file', () => {
    const own = withOwn({ 'en/24h/subject.liquid': 'Soon: {{ call.title | upcase }}\n' })();

    expect(own.render(aMail()).subject).toBe('Soon: DISCOVERY CALL');
    expect(own.render(aMail()).text).toBe(renderer.render(aMail()).text);
    expect(own.render(aMail({ reader: inLanguage('de') })).subject).toMatch(/^Ihr Gespräch/);
  });

  it('may be a shared part, words or styles alone', () => {
    const own = withOwn({
      'shared/text/footer.liquid': 'Precall GmbH, {{ words.call }}',
      'shared/styles.yaml': readShared('styles.yaml').replace('#f2f4f8 / #14161c', '#ffeedd / #000000'),
    })().render(aMail());

    expect(own.text).toMatch(/\nPrecall GmbH, Call\n$/);
    expect(own.html).toContain('background-color:#ffeedd');
    expect(own.html).toContain('.page{background-color:#000000 !important}');
  });

  it('may add mails, which other languages have in English until they are translated', () => {
    const own = withOwn({
      'en/thanks/subject.liquid': 'Thank you, {{ reader.name }}',
      'en/thanks/text.liquid': 'It was good to talk on {{ call.date }}.',
      'en/thanks/html.liquid':
        '{% layout \'shared/html/layout\' %}{% block content %}<p class="body">It was good to talk.</p>{% endblock %}',
    })();
    const mail = own.render(aMail({ template: 'thanks', reader: inLanguage('de') }));

    expect(own.has('thanks')).toBe(true);
    expect(renderer.has('thanks')).toBe(false);
    expect(mail).toMatchObject({ subject: 'Thank you, Ada Lovelace', language: 'en' });
    expect(mail.html).toMatch(/<p class="body" style="[^"]*color:#3b4252">It was good to talk/);
  });

  it('may add a language', () => {
    const words = readShared('../en/words.yaml').replace("'{day} at {time}'", "'{day} a las {time}'");
    const own = withOwn({
      'es/words.yaml': words,
      'es/24h/subject.liquid': 'Su llamada {{ call.when }}',
      'es/24h/text.liquid': 'Hola',
      'es/24h/html.liquid': 'Hola',
    })();

    expect(own.render(aMail({ reader: inLanguage('es-MX') }))).toMatchObject({
      subject: 'Su llamada mañana a las 09:00',
      language: 'es',
    });
    expect(own.render(aMail({ template: '2h', reader: inLanguage('es-MX') })).language).toBe('en');
  });

  describe('with faults', () => {
    const FAULTS: [fault: string, file: string, content: string, told: RegExp][] = [
      ['a tag that is not closed', 'en/24h/text.liquid', 'Hello\n{% if call.joinUrl %}', /:2:1: .*not closed$/],
      [
        'a misspelled variable',
        'de/24h/text.liquid',
        'Hello\n{{ call.titel }}',
        /:2:4: .*call\.titel; did you mean call\.title\?$/,
      ],
      [
        'a misspelled variable in a branch that is rarely taken',
        'en/72h/text.liquid',
        '{% if call.duration == "3 days" %}\n{{ organiser.name }}{% endif %}',
        /:2:4: .*did you mean organizer\.name\?$/,
      ],
      ['a variable like no other', 'fr/24h/text.liquid', '{{ weather }}', /:1:4: there is no variable weather$/],
      [
        'a misspelled part of an answer',
        'nl/24h/text.liquid',
        '{% for a in answers %}{{ a.qestion }}{% endfor %}',
        /:1:26: .*a\.qestion$/,
      ],
      [
        'a misspelled variable in a shared part',
        'shared/text/facts.liquid',
        '\n\n{{ call.tytle }}',
        /:3:4: .*did you mean call\.title\?$/,
      ],
      ['a word that is not there', 'en/2h/text.liquid', '{{ words.jion }}', /:1:4: .*did you mean words\.join\?$/],
      ['a filter that does not exist', 'nl/72h/html.liquid', '\n{{ call.title | shout }}', /:2:1: .*shout$/],
      [
        'a shared part that is not there',
        'en/2h/html.liquid',
        "\n {% render 'shared/no' %}",
        /:2:13: there is no shared part shared\/no$/,
      ],
      ['a file outside the folder', 'de/2h/html.liquid', "{% render '../../../etc/passwd' %}", /:1:12: .*etc\/passwd$/],
      [
        'a style that is not there',
        'fr/2h/html.liquid',
        '\n<p class="boddy">',
        /:2:4: there is no style boddy; did you mean body\?$/,
      ],
      [
        'a loop without end',
        'nl/2h/text.liquid',
        '{% for i in (1..100000000) %}x{% endfor %}',
        /:1:1: .*limit exceeded$/,
      ],
      ['words that are no YAML', 'de/words.yaml', 'when: "Wann', /:\d+:\d+: Missing closing/],
      ['words that are missing', 'fr/words.yaml', 'when: Quand', /: there is no word for times\.soon$/],
      ['a word without its place', 'nl/words.yaml', 'times: { at: "om {time}" }', /: times\.at lacks \{day\}$/],
      [
        'styles that are none',
        'shared/styles.yaml',
        `${readShared('styles.yaml')}\nred: red`,
        /: red: expected properties/,
      ],
      [
        'a new mail that is not whole',
        'en/thanks/subject.liquid',
        'Thank you',
        /^en\/thanks\/text\.liquid is missing$/,
      ],
      [
        'a new mail that is not in English',
        'de/danke/subject.liquid',
        'Danke',
        /^de\/danke: every mail is needed in en/,
      ],
      ['a language without words', 'es/24h/subject.liquid', 'Hola', /^es\/words\.yaml is missing$/],
    ];
    let faults: readonly string[] = [];
    beforeAll(() => {
      const error = thrownBy(withOwn(Object.fromEntries(FAULTS.map(([, file, content]) => [file, content]))));
      expect(error).toBeInstanceOf(TemplateError);
      ({ faults } = error as TemplateError);
    });

    it.each(FAULTS)('such as %s stop the start, naming the place', (_fault, file, _content, told) => {
      const ofFile = faults.filter((fault) => fault.includes(`/${file}`) || fault.startsWith(file.split('/')[0]!));

      expect(ofFile).toContainEqual(expect.stringMatching(told));
    });

    it('are told of once each, however many mails a shared part is in', () => {
      expect(new Set(faults).size).toBe(faults.length);
    });
  });

  it('that the settings ask for and that are not there stop the start, saying which there are', () => {
    expect(withOwn({}, ['24h', 'thanks'])).toThrow(/no mail thanks; there are 24h, 2h, 72h, cancelled, /);
  });

  it('are looked for in a folder that has to be there', () => {
    const start = () =>
      createMailRenderer({ templatesDir: 'templates', ownTemplatesDir: '/nowhere', fallbackTimeZone: 'UTC' });

    expect(start).toThrow(/\/nowhere: there is no such folder/);
  });

  it('can be a copy of all of them', () => {
    const folder = aFolderWith({});
    cpSync('templates', folder, { recursive: true });
    const copied = createMailRenderer({ templatesDir: folder, fallbackTimeZone: 'UTC' });

    expect(copied.render(aMail())).toEqual(renderer.render(aMail()));
  });
});

describe('a shipped mail', () => {
  it('that is missing a part stops the start', () => {
    const folder = mkdtempSync(join(tmpdir(), 'precall-templates-'));
    cpSync('templates', folder, { recursive: true });
    rmSync(join(folder, 'fr', '72h', 'text.liquid'));
    rmSync(join(folder, 'en', '2h'), { recursive: true });

    const error = thrownBy(() => createMailRenderer({ templatesDir: folder, fallbackTimeZone: 'UTC' }));
    rmSync(folder, { recursive: true });

    expect(error).toBeInstanceOf(TemplateError);
    expect((error as TemplateError).faults).toEqual([
      'fr/72h/text.liquid is missing',
      ...['de', 'fr', 'nl'].map((language) => `${language}/2h: every mail is needed in en as well`),
      expect.stringMatching(/^there is no mail 2h; there are 24h, 72h/),
    ]);
  });

  it('that nobody has heard of is refused', () => {
    expect(() => renderer.render(aMail({ template: 'thanks' }))).toThrow(TemplateError);
  });
});
