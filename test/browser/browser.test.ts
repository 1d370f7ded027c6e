/**
 * The page of examples/browser in Chromium: it measures to the end on both backends, stays within the error bounds, does
 * not jump, and goes on with WebAssembly where WebGPU is missing or its device is lost.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batches } from '../../examples/browser/batches.ts';
import { type Browser, chromiumPath, howToInstall, startChromium } from '../../examples/browser/chromium.ts';
import { type Served, serve } from '../../examples/browser/serve.ts';

const timeoutMs = 60_000;

if (chromiumPath === undefined && process.env['CI'] === 'true')
  throw new Error(`the page's tests need Chromium; on Debian: ${howToInstall}`);

let served: Served;
beforeAll(async () => {
  served = await serve(0);
}, timeoutMs);
afterAll(() => served.close());

test('the server gives the files of the page, isolated, and nothing else', async () => {
  const ask = (path: string, method = 'GET') => fetch(served.address + path, { method });
  const page = await ask('');
  expect(page.status).toBe(200);
  expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  expect(await page.text()).not.toMatch(/<!-- \w+ -->/);
  const scripts = await Promise.all(['main.js', 'wasmWorker.js'].map(name => ask(name)));
  for (const { status, headers } of scripts)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
  for (const path of ['other.js', '..%2fbrowser.js', 'constructor', '//'])
    expect((await ask(path)).status).toBe(404);
  expect((await ask('main.js', 'POST')).status).toBe(405);
});

describe.runIf(chromiumPath !== undefined)('the page in Chromium', { timeout: timeoutMs }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium(chromiumPath ?? '');
  }, timeoutMs);
  afterAll(() => browser.close());

  interface Visit {
    readonly query?: string;
    readonly width?: number;
    /** Runs in the page before its scripts. */
    readonly prepare?: () => void;
  }

  /** The page at its end: without a complaint, and nothing has moved on the way. */
  async function finished({ query = '', width = 1280, prepare }: Visit): Promise<Page> {
    const page = await browser.context.newPage();
    const complaints: string[] = [];
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', error => complaints.push(String(error)));
    await page.setViewportSize({ width, height: 1200 });
    await page.addInitScript(observeShifts);
    if (prepare !== undefined) await page.addInitScript(prepare);
    await page.goto(served.address + query);
    await page.waitForSelector('main[aria-busy=false]', { timeout: timeoutMs });
    expect(complaints).toEqual([]);
    expect(await page.evaluate('globalThis.shifts')).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    return page;
  }

  const textOf = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText();

  /** Milliseconds of a cell; NaN for one without a number. */
  const milliseconds = (text: string): number => {
    const [, number, unit = ''] = /^([\d.]+)\s(ns|µs|ms|s)$/.exec(text) ?? [];
    return Number(number) * ({ ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[unit] ?? Number.NaN);
  };
  const timesOf = async (page: Page, line: string): Promise<number[]> =>
    (await page.locator(`[data-time^="${line} "]`).allInnerTexts()).map(milliseconds);

  /** Single precision leaves an error, and the bound is not reached by far. */
  async function expectSmallErrors(page: Page, backend: string): Promise<void> {
    for (const operator of ['monarch', 'dense']) {
      const [error = '', share = ''] = await page
        .locator(`[data-error="${backend} ${operator}"] td`)
        .allInnerTexts();
      expect(error).toMatch(/^\d\.\d\s×\s10⁻[⁶⁷⁸]$/);
      const percent = Number(/^(?:<\s)?([\d.]+)\s%$/.exec(share)?.[1]);
      expect(percent).toBeGreaterThan(0);
      expect(percent).toBeLessThan(100);
    }
  }

  test('measures both backends to the end, without a complaint or a jump', async () => {
    const page = await finished({});
    expect(await textOf(page, '#webgpu')).toMatch(/swiftshader, webgpu-\w+, timed by .* software adapter/);
    for (const backend of ['webgpu', 'wasm']) {
      await expectSmallErrors(page, backend);
      for (const operator of ['monarch', 'dense']) {
        const times = await timesOf(page, `${backend} ${operator}`);
        expect(times).toHaveLength(batches.length);
        const measured = times.filter(time => time > 0);
        // A line ends once, where products take too long.
        expect(measured).toEqual(times.slice(0, measured.length));
        expect(measured.length).toBeGreaterThan(2);
        const points = page.locator(`#chart .${backend}.${operator} title`);
        expect(await points.count()).toBe(measured.length);
      }
    }
    expect(await textOf(page, '#status')).toMatch(
      /^On WebGPU at batch \d+, .* On WebAssembly at batch \d+, .* times as long\.$/,
    );
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    await expectPlanInColours(page);
    await page.close();
  });

  test('goes on with WebAssembly where WebGPU is missing', async () => {
    const prepare = () => Reflect.deleteProperty(Navigator.prototype, 'gpu');
    const page = await finished({ query: '?upTo=4', prepare });
    expect(await textOf(page, '#webgpu')).toBe(
      'WebGPU is missing in this browser, so the page goes on with WebAssembly alone.',
    );
    await expectSmallErrors(page, 'wasm');
    expect((await timesOf(page, 'wasm monarch')).map(time => time > 0).indexOf(false)).toBe(3);
    expect(await page.locator('#chart .webgpu').count()).toBe(0);
    expect(await textOf(page, '#status')).toMatch(/^On WebAssembly at batch 4, .* times as long\.$/);
    await page.close();
  });

  test('times without timestamps, and goes on with WebAssembly when the device is lost', async () => {
    const page = await finished({ query: '?upTo=4', width: 390, prepare: loseDeviceInTheMiddle });
    expect(await textOf(page, '#webgpu')).toMatch(
      /^WebGPU lost its device.*, so the page goes on with WebAssembly alone\.$/,
    );
    await expectSmallErrors(page, 'webgpu');
    for (const [line, measured] of [
      ['webgpu monarch', 2],
      ['webgpu dense', 1],
      ['wasm monarch', 3],
      ['wasm dense', 3],
    ] as const)
      expect((await timesOf(page, line)).map(time => time > 0).indexOf(false)).toBe(measured);
    expect(await textOf(page, '#status')).toMatch(/^On WebGPU at batch 1, .* On WebAssembly at batch 4, /);
    await page.close();
  });

  /** The picture stands on the page's own colour, light or dark. */
  async function expectPlanInColours(page: Page): Promise<void> {
    expect(await page.locator('.plan svg').textContent()).toContain('kernel monarch1k');
    const colours: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const body = await page.locator('body').evaluate(each => getComputedStyle(each).backgroundColor);
      const picture = await page.locator('.plan rect.page').evaluate(each => getComputedStyle(each).fill);
      expect(picture).toBe(body);
      colours.push(body);
    }
    expect(new Set(colours).size).toBe(2);
  }
});

/** Runs in the page: notes what moves without the reader doing anything. */
function observeShifts(): void {
  const shifts: string[] = [];
  Object.assign(globalThis, { shifts });
  type Shift = PerformanceEntry & { sources: { node: Element | null; currentRect: DOMRect }[] };
  new PerformanceObserver(list => {
    for (const { sources } of list.getEntries() as Shift[]) {
      const moved = sources.map(({ node, currentRect: { y } }) => `${node?.nodeName} to ${y}`);
      shifts.push(moved.join(', '));
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Runs in the page: no timestamps, and the device goes once the chart has two times of it. */
function loseDeviceInTheMiddle(): void {
  Object.defineProperty(GPUAdapter.prototype, 'features', { value: new Set() });
  const create = GPUDevice.prototype.createCommandEncoder;
  GPUDevice.prototype.createCommandEncoder = function (this: GPUDevice, descriptor) {
    if (document.querySelectorAll('#chart .webgpu.monarch circle').length === 2) this.destroy();
    return create.call(this, descriptor);
  };
}
