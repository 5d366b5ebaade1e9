import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { createMailRenderer, MAIL_TEMPLATES, SHIPPED_TEMPLATES_DIR } from '../src/email/mail-renderer.ts';
import { sampleMail } from '../src/email/sample-mail.ts';
import { findBrowser, openBrowser } from '../test/support/browser.ts';

/** One picture for each mail: on a desktop and on a phone, in light and in dark. */
const WIDTHS = [700, 360];
const LOOKS = ['light', 'dark'] as const;
const FOLDER = fileURLToPath(new URL('../docs/images/mails/', import.meta.url));

const renderer = createMailRenderer({ templatesDir: SHIPPED_TEMPLATES_DIR, fallbackTimeZone: 'UTC' });
const browser = await openBrowser(await findBrowser(process.env, console.log));
await mkdir(FOLDER, { recursive: true });
for (const template of MAIL_TEMPLATES) {
  const { html } = renderer.render(sampleMail(template));
  await sideBySide(browser, await Promise.all(looksOf(browser, html)), `${FOLDER}${template}.jpg`);
}
await browser.close();

function looksOf(browser: Browser, html: string): Promise<Buffer>[] {
  return WIDTHS.flatMap((width) =>
    LOOKS.map(async (colorScheme) => {
      const page = await browser.newPage({ viewport: { width, height: 400 }, colorScheme });
      await page.setContent(html);
      const picture = await page.screenshot({ fullPage: true });
      await page.close();
      return picture;
    }),
  );
}

async function sideBySide(browser: Browser, pictures: Buffer[], path: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 2_200, height: 400 } });
  const images = pictures.map((png) => `<img alt="" src="data:image/png;base64,${png.toString('base64')}">`);
  await page.setContent(
    `<body style="margin:0;padding:20px;background:#8a8f99;display:inline-flex;gap:20px;align-items:flex-start">${images.join('')}</body>`,
  );
  await page.locator('body').screenshot({ path, type: 'jpeg', quality: 80 });
  await page.close();
}
