import { Command } from 'commander';
import { createMailRenderer, MAIL_TEMPLATES, SHIPPED_TEMPLATES_DIR } from '../src/email/mail-renderer.ts';
import { sampleMail } from '../src/email/sample-mail.ts';
import { type Spread, spreadOf } from './figures.ts';
import { judged, millis, table } from './markdown.ts';
import { wholeNumber } from './options.ts';
import { keepResults } from './results.ts';

const LANGUAGES = ['en', 'de', 'fr', 'nl'];
/** The first mails find nothing compiled. */
const WARM_UP_ROUNDS = 20;
/** Milliseconds. */
const LONGEST = 2;

const options = new Command('bench:render')
  .description('measures how long it takes to write a mail: subject, text and HTML, in every language')
  .option('--rounds <rounds>', 'how often each mail is written in each language', wholeNumber(1, 10_000), 500)
  .parse()
  .opts<{ rounds: number }>();

const startedAt = new Date();
const renderer = createMailRenderer({ templatesDir: SHIPPED_TEMPLATES_DIR, fallbackTimeZone: 'UTC' });
const times = new Map<string, number[]>(MAIL_TEMPLATES.map((template) => [template, []]));
for (let round = -WARM_UP_ROUNDS; round < options.rounds; round += 1) {
  // In turns: what slows the machine down for a while slows down all of them.
  for (const [template, taken] of times) {
    for (const locale of LANGUAGES) {
      const ms = timeOf(template, locale);
      if (round >= 0) taken.push(ms);
    }
  }
}
const figures = [...times].map(([template, taken]) => ({ template, spread: spreadOf(taken)! }));

console.log(table([['mail', `p50 (target ${LONGEST} ms) / p99 / max`], ...figures.map(rowOf)]));
await keepResults('render', { startedAt, options, figures });

function timeOf(template: string, locale: string): number {
  const sample = sampleMail(template);
  const mail = { ...sample, reader: { ...sample.reader, locale } };
  const begunAt = performance.now();
  renderer.render(mail);
  return performance.now() - begunAt;
}

function rowOf({ template, spread }: { template: string; spread: Spread }): string[] {
  return [template, judged(millis(spread), spread.p50 <= LONGEST)];
}
