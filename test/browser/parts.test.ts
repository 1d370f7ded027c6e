/** The parts of the page that need no browser: its numbers, its clock, its chart and how it writes seconds. */
import { describe, expect, test } from 'vitest';
import { chartSvg, type Series } from '../../examples/browser/chart.ts';
import {
  formatPercent,
  formatRatio,
  formatScientific,
  formatSeconds,
} from '../../examples/browser/format.ts';
import {
  drawRows,
  drawWeights,
  measureError,
  n,
  referenceOf,
  repeatedRow,
} from '../../examples/browser/problem.ts';
import { secondsPerProduct } from '../../examples/browser/timing.ts';

/** With spaces where lines do not break. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

test.each([
  [1, '1 s'],
  [12.345, '12.3 s'],
  [0.9996, '1 s'],
  [0.9994, '999 ms'],
  [2.05e-3, '2.05 ms'],
  [1.83e-5, '18.3 µs'],
  [4e-10, '0.4 ns'],
])('%f seconds are %s', (seconds, text) => {
  expect(plain(formatSeconds(seconds))).toBe(text);
});

test('powers of ten, shares and ratios', () => {
  expect(plain(formatScientific(2.14e-7))).toBe('2.1 × 10⁻⁷');
  expect(plain(formatScientific(9.96e10))).toBe('1.0 × 10¹¹');
  expect([0.0004, 0.0123, 0.5, 12].map(share => plain(formatPercent(share)))).toEqual([
    '< 0.1 %',
    '1.2 %',
    '50 %',
    '1200 %',
  ]);
  expect([0.74, 1, 9.96, 123.4].map(formatRatio)).toEqual(['0.7', '1.0', '10', '123']);
});

describe('errors', () => {
  const weights = drawWeights();
  const x = drawRows(3);
  const reference = referenceOf(weights, x);
  const exact = Float32Array.from(reference.y);

  test('the reference is the dense matrix times the rows, up to the rounding of its entries', () => {
    for (const [row, i] of [
      [0, 0],
      [1, 31],
      [2, 1000],
    ] as const) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += (weights.W[i * n + j] ?? 0) * (x[row * n + j] ?? 0);
      const rounding = 2 ** -24 * (reference.magnitude[row * n + i] ?? 0);
      expect(Math.abs(sum - (reference.y[row * n + i] ?? 0))).toBeLessThan(rounding);
    }
  });

  test('rounding is within the bound; one wrong entry, none and NaN are not', () => {
    const measured = (y: Float32Array) => measureError(y, reference, 'monarch', 2 ** -24);
    expect(measured(exact).ofBound).toBeLessThan(1);
    expect(measured(exact).relative).toBeLessThan(2 ** -24);
    const wrong = exact.slice();
    wrong[n + 5] = (wrong[n + 5] ?? 0) + 1e-3;
    expect(measured(wrong).ofBound).toBeGreaterThan(1);
    expect(measured(exact.fill(Number.NaN, 7, 8)).ofBound).toBeNaN();
    expect(measured(new Float32Array(2 * n)).ofBound).toBeNaN();
  });

  test('rows for timing are the first row, again and again', () => {
    const rows = repeatedRow(3);
    for (let row = 0; row < 3; row++) expect(rows.subarray(row * n, (row + 1) * n)).toEqual(x.subarray(0, n));
  });
});

describe('the clock', () => {
  test('repeats what is short until a sample is long enough, and passes over what disturbs it', async () => {
    const counts: number[] = [];
    const seconds = await secondsPerProduct(
      count => {
        counts.push(count);
        // Every third sample takes three times as long.
        return count * 1e-5 * (counts.length % 3 === 0 ? 3 : 1);
      },
      0.01,
      5000,
    );
    expect(seconds).toBeCloseTo(1e-5, 12);
    expect(counts.at(-1)).toBeGreaterThanOrEqual(333);
    expect(Math.max(...counts)).toBeLessThanOrEqual(5000);
  });

  test('runs what is long only a few times, and never more products than allowed', async () => {
    const counts: number[] = [];
    const record =
      (each: number) =>
      (count: number): number => {
        counts.push(count);
        return each * count;
      };
    expect(await secondsPerProduct(record(0.2), 0.01, 100)).toBe(0.2);
    expect(counts.every(count => count === 1)).toBe(true);
    expect(counts.length).toBeLessThan(5);
    counts.length = 0;
    expect(await secondsPerProduct(record(0), 0.01, 100)).toBe(0);
    expect(Math.max(...counts)).toBe(100);
  });
});

describe('the chart', () => {
  const batches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  const line = (points: Series['points']): Series => ({ backend: 'webgpu', operator: 'dense', points });
  const labels = (svg: string): string[] =>
    [...svg.matchAll(/text-anchor="middle">(\d+)</g)].map(([, label = '']) => label);

  test('axes stand before anything is measured', () => {
    const svg = plain(chartSvg([line([])], batches, { width: 736, height: 384 }));
    expect(labels(svg)).toEqual(batches.map(String));
    expect(svg).toContain('>10 µs<');
    expect(svg).toContain('>10 ms<');
    expect(svg).not.toMatch(/NaN|Infinity|class="line"/);
  });

  test('holds every time inside, whatever its size, and tells its ends in words', () => {
    const points = [
      { batch: 1, seconds: 2e-9 },
      { batch: 64, seconds: 30 },
    ];
    const svg = plain(chartSvg([line(points)], batches, { width: 358, height: 384 }));
    const tops = [...svg.matchAll(/<rect x="[\d.]+" y="([-\d.]+)"/g)].map(([, y]) => Number(y));
    expect(tops).toHaveLength(2);
    for (const top of tops) {
      expect(top).toBeGreaterThan(30);
      expect(top).toBeLessThan(384 - 44);
    }
    expect(svg).toContain('Dense on WebGPU: from 2 ns at batch 1 to 30 s at 64.');
    expect(svg).toContain('<title>Dense on WebGPU, batch 64: 30 s</title>');
  });

  test('leaves labels out where they would touch', () => {
    expect(labels(chartSvg([], batches, { width: 358, height: 384 }))).toEqual([
      '1',
      '4',
      '16',
      '64',
      '256',
      '1024',
    ]);
  });
});
