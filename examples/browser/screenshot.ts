/**
 * Takes the pictures of the page for the documentation, or of one width into a folder to look at:
 *
 *   node examples/browser/screenshot.ts [--width 1280] [--folder docs/images]
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromiumPath, howToInstall, startChromium } from './chromium.ts';
import { serve } from './serve.ts';

const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '1280' },
    folder: { type: 'string', default: resolve(import.meta.dirname, '../../docs/images') },
  },
});
if (chromiumPath === undefined) throw new Error(`the pictures need Chromium; on Debian: ${howToInstall}`);
const served = await serve(0);
const browser = await startChromium(chromiumPath);
try {
  await mkdir(values.folder, { recursive: true });
  const page = await browser.context.newPage();
  await page.setViewportSize({ width: Number(values.width), height: 900 });
  await page.goto(served.address);
  await page.waitForSelector('main[aria-busy=false]', { timeout: 60_000 });
  // Light and dark are the same measurements.
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(values.folder, `browser-${colorScheme}.png`), fullPage: true });
  }
} finally {
  await browser.close();
  await served.close();
}
