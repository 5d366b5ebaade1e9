import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Attendee, Booking } from '../../src/booking.ts';
import type { TemplateName } from '../../src/config.ts';
import { createReminderRenderer, TemplateError } from '../../src/email/reminder-renderer.ts';
import { ADA, aBooking } from './a-booking.ts';

const HOUR_MS = 3_600_000;
const TEMPLATES: TemplateName[] = ['72h', '24h', '2h'];

const renderer = createReminderRenderer({ templatesDir: 'templates', fallbackTimeZone: 'UTC' });

function render(
  template: TemplateName,
  story: { booking?: Partial<Booking>; attendee?: Attendee; hoursBefore?: number } = {},
) {
  const booking = aBooking(story.booking);
  const hoursBefore = story.hoursBefore ?? Number.parseInt(template, 10);
  const now = Date.parse(booking.startsAt) - hoursBefore * HOUR_MS;
  return renderer.render({ booking, attendee: story.attendee ?? ADA, template, now });
}

describe('a reminder', () => {
  it('says in its subject which call it is and how far away', () => {
    expect(render('72h').subject).toBe('Preparing for your call in 3 days: Discovery call');
    expect(render('24h').subject).toBe('Your call tomorrow at 09:00: Discovery call');
    expect(render('2h').subject).toBe('Today at 09:00, in 2 hours: Discovery call');
  });

  it.each(TEMPLATES)('%s tells in text and HTML who meets whom, when, for how long and where', (template) => {
    const { text, html } = render(template);

    for (const fact of [
      'Ada Lovelace',
      'Grace Hopper',
      'Discovery call',
      '45 minutes',
      'Thursday, 3 December 2026, 09:00',
    ]) {
      expect(text).toContain(fact);
      expect(html).toContain(fact);
    }
    expect(text).toContain('(Central Standard Time, America/Chicago)');
    expect(html).toContain('Central Standard Time, America/Chicago');
    expect(text).toContain('https://app.cal.com/video/bFVsnXMGZQQkqHh3yzPdmT');
  });

  it.each(TEMPLATES)('%s has one button with the join link, and the link itself below', (template) => {
    const { html } = render(template);

    const links = [...html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>([^<]*)<\/a>/g)].map(([, href, label]) => ({
      href,
      label,
    }));
    expect(links).toEqual([
      { href: 'https://app.cal.com/video/bFVsnXMGZQQkqHh3yzPdmT', label: 'Join the call' },
      {
        href: 'https://app.cal.com/video/bFVsnXMGZQQkqHh3yzPdmT',
        label: 'https://app.cal.com/video/bFVsnXMGZQQkqHh3yzPdmT',
      },
    ]);
  });

  it.each(TEMPLATES)(
    '%s loads nothing from anywhere and stays far below the size at which mail programs cut',
    (template) => {
      const { html } = render(template);

      expect(html).not.toMatch(/<(?:img|script|link|iframe|form)|url\(|@import|\ssrc=/i);
      expect(Buffer.byteLength(html)).toBeLessThan(30_000);
    },
  );

  it('helps to prepare only 72 hours before', () => {
    expect(render('72h').text).toContain('agenda');
    expect(render('24h').text).not.toContain('agenda');
    expect(render('2h').text.length).toBeLessThan(render('24h').text.length);
  });

  it('that goes out late tells the time that really remains', () => {
    const late = render('24h', { hoursBefore: 3 });

    expect(late.subject).toBe('Your call today at 09:00, in 3 hours: Discovery call');
    expect(late.text).toContain('starts today at 09:00, in 3 hours.');
    expect(late.text + late.html).not.toContain('tomorrow');
  });

  describe('takes the time zone', () => {
    it('of the attendee', () => {
      expect(render('24h', { attendee: { ...ADA, timeZone: 'Asia/Kolkata' } }).text).toContain(
        '20:30 (India Standard Time',
      );
    });

    it('of the organizer when the attendee has none', () => {
      expect(render('24h', { attendee: { name: 'Ada', email: 'ada@example.com' } }).text).toContain(
        '16:00 (Central European',
      );
    });

    it('of the settings when neither has one', () => {
      const story = { attendee: { name: 'Ada', email: 'ada@example.com' }, booking: { organizer: { name: 'Grace' } } };
      expect(render('24h', story).text).toContain('15:00 (Coordinated Universal Time, UTC)');
    });
  });

  describe('of which little is known', () => {
    it.each(TEMPLATES)('%s leaves out what is missing without a trace', (template) => {
      const { joinUrl, ...rest } = aBooking({
        organizer: { name: ' ' },
        title: '',
        endsAt: '2026-12-03T15:00:00.000Z',
      });
      const { subject, text, html } = renderer.render({
        booking: rest,
        attendee: { name: '', email: 'ada@example.com' },
        template,
        now: Date.parse(rest.startsAt) - 2 * HOUR_MS,
      });

      expect(text).toMatch(/^Hello,\n/);
      expect(subject).toMatch(/: Your call$/);
      expect(text).not.toMatch(/With:|Length:|Join:|Where:|null|undefined/);
      expect(html).not.toMatch(/<a |>With<|>Length<|>Where<|null|undefined/);
    });

    it('shows the place in words when there is no link', () => {
      const { joinUrl, ...booking } = aBooking({ location: '12 St James’s Square' });
      const { text, html } = renderer.render({ booking, attendee: ADA, template: '24h', now: 0 });

      expect(text).toContain('Where:  12 St James’s Square');
      expect(html).toContain('12 St James’s Square');
    });
  });

  describe('with hostile words in the booking', () => {
    const hostile = '"><script>alert(1)</script>{{ 7 | times: 7 }}{% raw %}\r\nBcc: eve@example.com\u202e\u0000\u200b';

    it.each(TEMPLATES)('%s keeps them inert in subject, text and HTML', (template) => {
      const { subject, text, html } = render(template, {
        booking: { title: hostile, organizer: { name: hostile }, location: hostile },
        attendee: { ...ADA, name: hostile },
      });

      expect(subject).not.toMatch(/[\p{Cc}\u202e\u200b]/u);
      expect(subject).toContain('<script>alert(1)</script>{{ 7 | times: 7 }}{% raw %} Bcc: eve@example.com');
      expect(text).not.toMatch(/[\u202e\u200b]|^Bcc:/m);
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      expect(text).not.toContain('49');
      expect(html).not.toContain('<script>');
      expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 | times: 7 }}');
      expect(html).not.toMatch(/[\u202e\u200b]/);
      expect(html.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    });

    it.each([
      'javascript:alert(1)',
      'data:text/html,<script>alert(1)</script>',
      'JaVaScRiPt:alert(1)',
      'file:///etc/passwd',
    ])('makes no link of %s', (link) => {
      const { html, text } = render('24h', { booking: { joinUrl: link, location: link } });

      expect(html).not.toContain('href');
      expect(text).not.toContain('Join:');
    });

    it('cannot break out of the link', () => {
      const { html } = render('2h', { booking: { joinUrl: 'https://example.com/"onmouseover="alert(1)?a=1&b=<b>' } });

      expect(html).toContain('href="https://example.com/%22onmouseover=%22alert(1)?a=1&amp;b=%3Cb%3E"');
    });

    it('cuts a name of ten thousand letters, between characters', () => {
      const { text } = render('2h', { attendee: { ...ADA, name: '👩‍💻'.repeat(10_000) } });

      expect(text.length).toBeLessThan(1_000);
      expect(text).not.toMatch(/\p{Cs}/u);
    });
  });
});

describe('the templates', () => {
  const copies: string[] = [];

  function aCopyWith(file: string, content: string): string {
    const dir = mkdtempSync(join(tmpdir(), 'precall-templates-'));
    copies.push(dir);
    cpSync('templates', dir, { recursive: true });
    writeFileSync(join(dir, file), content);
    return dir;
  }

  const use = (templatesDir: string) => () => createReminderRenderer({ templatesDir, fallbackTimeZone: 'UTC' });

  afterEach(() => {
    for (const dir of copies.splice(0)) rmSync(dir, { recursive: true });
  });

  it('can be edited', () => {
    const dir = aCopyWith('2h/subject.liquid', 'Soon: {{ call.title | upcase }}\n');

    const { subject } = use(dir)().render({ booking: aBooking(), attendee: ADA, template: '2h', now: 0 });
    expect(subject).toBe('Soon: DISCOVERY CALL');
  });

  it.each([
    ['a tag that is not closed', '24h/text.liquid', 'Hello\n{% if call.joinUrl %}\nyes', /24h\/text\.liquid, line:2/],
    [
      'a misspelled variable',
      '24h/text.liquid',
      'Hello\n{{ call.titel }}',
      /call\.titel.*24h\/text\.liquid, line:2, col:4/,
    ],
    [
      'a misspelled variable in a branch that is rarely taken',
      '24h/text.liquid',
      '{% if call.duration == "3 days" %}\n{{ organizer.phone }}{% endif %}',
      /organizer\.phone.*24h\/text\.liquid, line:2/,
    ],
    [
      'a misspelled variable in a shared part',
      'shared/call-details.liquid',
      '\n\n{{ call.tytle }}',
      /call\.tytle.*line:3/,
    ],
    [
      'a filter that does not exist',
      '72h/html.liquid',
      '\n{{ call.title | shout }}',
      /shout.*72h\/html\.liquid, line:2/,
    ],
    ['a shared part that is not there', '2h/html.liquid', "{% render 'shared/nothing' %}", /shared\/nothing/],
    ['a file outside the folder', '2h/html.liquid', "{% render '../../../etc/passwd' %}", /passwd/],
    ['a loop without end', '2h/text.liquid', '{% for i in (1..100000000) %}x{% endfor %}', /2h\/text/],
  ])('with %s stop the start, naming the place', (_fault, file, content, message) => {
    const start = use(aCopyWith(file, content));

    expect(start).toThrow(TemplateError);
    expect(start).toThrow(message);
  });

  it('that are missing stop the start', () => {
    const dir = aCopyWith('notes.txt', '');
    rmSync(join(dir, '72h', 'text.liquid'));

    expect(use(dir)).toThrow(/72h\/text/);
  });
});
