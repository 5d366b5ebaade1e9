import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { CalcomUnavailable } from '../../src/calcom/api.ts';
import type { LinkPurpose } from '../../src/link.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { openBrowser } from '../support/browser.ts';
import { aBookedCall, createPagesApp, kept, NOW, type PagesApp, pathOf } from './pages-app.ts';

const LANGUAGES = ['en', 'de', 'fr', 'nl'];
/** As many as there are languages: each page is seen in all of either, paired differently from page to page. */
const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [360, 1280].map((width) => ({ colorScheme, width })),
);
/** As long as names get, and without a place to break. */
const LONG = 'Gesprächsvorbereitung'.repeat(9);

let browser: Browser;
const opened: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  browser = await openBrowser(inject('browserPath'));
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});
afterAll(() => browser.close());

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  opened.push(() => context.close());
  return context.newPage();
}

/** @returns where it listens. */
async function serve({ app }: PagesApp): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  opened.push(() => app.close());
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

const calcom = { cancel: async () => true };
const offline = {
  cancel: async () => {
    throw new CalcomUnavailable('answered 503');
  },
};
const down = { kept: () => Promise.reject(new StoreUnavailable('connection refused')) };
const begun = kept(aBookedCall({ startsAt: new Date(NOW).toISOString() }));
const { pages: _, calendarEntry: __, ...bare } = aBookedCall();

/** How somebody comes to see a page: by opening a link, and perhaps by pressing its last button. */
interface Sight {
  purpose: LinkPurpose;
  server?: () => PagesApp;
  expiresAt?: number;
  pressed?: true;
}

const SIGHTS: [string, Sight][] = [
  ['to confirm', { purpose: 'confirm' }],
  ['that it is confirmed', { purpose: 'confirm', pressed: true }],
  ['to cancel', { purpose: 'cancel', server: () => createPagesApp(undefined, { calcom }) }],
  ['that it is cancelled', { purpose: 'cancel', server: () => createPagesApp(undefined, { calcom }), pressed: true }],
  [
    'that it could not be',
    { purpose: 'cancel', server: () => createPagesApp(undefined, { calcom: offline }), pressed: true },
  ],
  ['to cancel elsewhere', { purpose: 'cancel' }],
  ['to move', { purpose: 'move' }],
  ['that it cannot be done', { purpose: 'move', server: () => createPagesApp(kept(bare)) }],
  ['that it is off', { purpose: 'move', server: () => createPagesApp(kept(aBookedCall(), { standing: 'cancelled' })) }],
  [
    'that it was moved',
    { purpose: 'move', server: () => createPagesApp(kept(aBookedCall(), {}, { isRetired: true })) },
  ],
  ['that it has begun', { purpose: 'move', server: () => createPagesApp(begun) }],
  ['to unsubscribe', { purpose: 'unsubscribe' }],
  ['to have unsubscribed', { purpose: 'unsubscribe', pressed: true }],
  ['without a calendar file', { purpose: 'calendar', server: () => createPagesApp(kept(bare)) }],
  ['that it is forgotten', { purpose: 'confirm', server: forgetful }],
  ['that it has expired', { purpose: 'confirm', expiresAt: NOW }],
  ['that nothing works', { purpose: 'confirm', server: () => createPagesApp(undefined, { findings: down }) }],
];

function forgetful(): PagesApp {
  const server = createPagesApp();
  server.found.clear();
  return server;
}

async function see(page: Page, url: string, { purpose, expiresAt = NOW + 1, pressed }: Sight, language: string) {
  await page.goto(`${url}${pathOf(purpose, { language, expiresAt })}`);
  if (pressed) await page.locator('button').last().click();
}

/** What is wrong with a page for people with disabilities, by WCAG 2.2, level AA; axe is in the page. */
function faultsOf(page: Page): Promise<unknown> {
  return page.evaluate(`
    axe
      .run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))
  `);
}

describe('a page', () => {
  it.each(SIGHTS.map(([name, sight], index) => [name, sight, index] as const))(
    'is for everybody, in each language, by day and night, on a phone and a desk: %s',
    async (_, sight, index) => {
      const url = await serve((sight.server ?? createPagesApp)());
      const page = await open();
      for (const [turn, language] of LANGUAGES.entries()) {
        const { colorScheme, width } = LOOKS[(index + turn) % LOOKS.length]!;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await see(page, url, sight, language);
        await page.evaluate(axe.source);
        expect(await faultsOf(page), `${language}, ${colorScheme}, ${width} px`).toEqual([]);
      }
    },
  );

  it.each(SIGHTS)('fits a narrow phone, whatever it tells: %s', async (_, sight) => {
    const long = kept(aBookedCall({ title: LONG, organizer: { name: LONG } }));
    const server = (sight.server ?? createPagesApp)();
    if (!sight.server) server.found.set(long.uid, long);
    const url = await serve(server);
    const page = await open({ viewport: { width: 320, height: 600 } });
    for (const language of LANGUAGES) {
      await see(page, url, sight, language);
      expect(await page.evaluate('document.documentElement.scrollWidth'), language).toBe(320);
    }
  });

  it('looks as it was meant to: its policy lets its own style in', async () => {
    const page = await open();
    await see(page, await serve(createPagesApp()), { purpose: 'confirm' }, 'en');

    expect(await page.evaluate('getComputedStyle(document.querySelector("main")).borderRadius')).toBe('14px');
  });
});

describe('a keyboard', () => {
  it.each<[string, Sight, number]>([
    ['confirm', { purpose: 'confirm' }, 1],
    ['cancel', { purpose: 'cancel', server: () => createPagesApp(undefined, { calcom }) }, 2],
    ['move', { purpose: 'move' }, 1],
    ['unsubscribe', { purpose: 'unsubscribe' }, 1],
  ])('reaches the button, and shows where it is: %s', async (_, sight, tabs) => {
    const page = await open();
    await see(page, await serve((sight.server ?? createPagesApp)()), sight, 'en');

    for (let pressed = 0; pressed < tabs; pressed += 1) await page.keyboard.press('Tab');

    expect(await page.evaluate('document.activeElement.tagName')).toBe('BUTTON');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  });

  it('presses it', async () => {
    const server = createPagesApp();
    const page = await open();
    await see(page, await serve(server), { purpose: 'confirm' }, 'en');

    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();

    expect(server.arrived).toHaveLength(1);
  });
});

describe('the button that leads to Cal.com', () => {
  it.each(['move', 'cancel'] as const)('gets there: %s', async (purpose) => {
    const page = await open();
    await page.route('https://cal.com/**', (route) => route.fulfill({ body: 'Cal.com', contentType: 'text/plain' }));
    await see(page, await serve(createPagesApp()), { purpose }, 'en');

    await page.locator('button').click();
    await page.waitForURL('https://cal.com/**');

    expect(page.url()).toBe(aBookedCall().pages?.[purpose]);
  });
});
