/**
 * Takes the pictures of the page for the documentation, from its title to the chart, in light and dark; or
 * others to look at:
 *
 *   node examples/browser/screenshot.ts [--width 1280] [--folder docs/images] [--whole]
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
    whole: { type: 'boolean', default: false },
  },
});
if (chromiumPath === undefined) throw new Error(`the pictures need Chromium; on Debian: ${howToInstall}`);
const served = await serve(0);
const browser = await startChromium(chromiumPath);
try {
  await mkdir(values.folder, { recursive: true });
  const page = await browser.context.newPage();
  const width = Number(values.width);
  await page.setViewportSize({ width, height: 900 });
  await page.goto(served.address);
  await page.waitForSelector('main[aria-busy=false]', { timeout: 60_000 });
  const { y, height } = (await page.locator(values.whole ? 'main' : 'figure').boundingBox()) ?? {
    y: 0,
    height: 0,
  };
  const clip = { x: 0, y: 0, width, height: Math.ceil(y + height) + 16 };
  // Light and dark are the same measurements.
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const path = join(values.folder, `browser-${colorScheme}.png`);
    await page.screenshot({ path, fullPage: true, clip });
  }
} finally {
  await browser.close();
  await served.close();
}
