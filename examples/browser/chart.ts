/**
 * Time against batch on two logarithmic axes, as SVG text: numbers in, picture out, no document. Colours come from the
 * page's style sheet by class, so that the picture follows light and dark.
 */
import { type BackendName, title } from './backend.ts';
import { formatSeconds } from './format.ts';
import type { OperatorName } from './problem.ts';

export interface Series {
  readonly backend: BackendName;
  readonly operator: OperatorName;
  readonly points: readonly { readonly batch: number; readonly seconds: number }[];
}

export interface ChartSize {
  /** In pixels of the page, so that text keeps its size at every width. */
  readonly width: number;
  readonly height: number;
}

const margin = { left: 58, right: 16, top: 34, bottom: 44 };
/** The decades shown before anything is measured. */
const shown = { from: -5, to: -2 };

export function chartSvg(series: readonly Series[], batches: readonly number[], size: ChartSize): string {
  const { width, height } = size;
  const logarithms = series.flatMap(({ points }) => points.map(({ seconds }) => Math.log10(seconds)));
  const from = Math.floor(Math.min(shown.from, ...logarithms));
  const to = Math.ceil(Math.max(shown.to, ...logarithms));
  const last = Math.log2(Math.max(2, ...batches));
  const plot = {
    right: width - margin.right,
    bottom: height - margin.bottom,
    x: (batch: number) => margin.left + (Math.log2(batch) / last) * (width - margin.left - margin.right),
    y: (seconds: number) =>
      margin.top + ((to - Math.log10(seconds)) / (to - from)) * (height - margin.top - margin.bottom),
  };
  const decades = Array.from({ length: to - from + 1 }, (_, k) => 10 ** (from + k));
  // Labels of every second power of two where they would touch.
  const step = width / batches.length < 44 ? 2 : 1;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"` +
      ` width="${width}" height="${height}" role="img" aria-labelledby="chart-title chart-text">`,
    '<title id="chart-title">Time of one product against batch</title>',
    `<desc id="chart-text">${escaped(describe(series))}</desc>`,
    `<text class="axis" x="4" y="16">time of one product</text>`,
    ...decades.map(seconds => {
      const y = rounded(plot.y(seconds));
      const [x, label] = [margin.left - 8, formatSeconds(seconds)];
      const tick = `<text class="tick" x="${x}" y="${y + 4}" text-anchor="end">${label}</text>`;
      return `<path class="grid" d="M${margin.left} ${y}H${plot.right}"/>${tick}`;
    }),
    ...batches.map((batch, k) => {
      const x = rounded(plot.x(batch));
      const label =
        k % step === 0
          ? `<text class="tick" x="${x}" y="${plot.bottom + 18}" text-anchor="middle">${batch}</text>`
          : '';
      return `<path class="mark" d="M${x} ${plot.bottom}v4"/>${label}`;
    }),
    `<text class="axis" x="${rounded((margin.left + plot.right) / 2)}" y="${height - 6}"` +
      ' text-anchor="middle">batch: rows in one product</text>',
    ...series.map(each => line(each, plot)),
    '</svg>',
  ].join('\n');
}

interface Scales {
  readonly x: (batch: number) => number;
  readonly y: (seconds: number) => number;
}

function line({ backend, operator, points }: Series, { x, y }: Scales): string {
  if (points.length === 0) return '';
  const placed = points.map(({ batch, seconds }) => ({
    at: [rounded(x(batch)), rounded(y(seconds))] as const,
    title: `${seriesTitle({ backend, operator })}, batch ${batch}: ${formatSeconds(seconds)}`,
  }));
  const path = placed.map(({ at }) => at.join(' ')).join('L');
  const markers = placed.map(({ at: [left, top], title }) => {
    const inside = `<title>${escaped(title)}</title>`;
    return operator === 'monarch'
      ? `<circle cx="${left}" cy="${top}" r="3.5">${inside}</circle>`
      : `<rect x="${rounded(left - 3)}" y="${rounded(top - 3)}" width="6" height="6">${inside}</rect>`;
  });
  return `<g class="series ${backend} ${operator}"><path class="line" d="M${path}"/>${markers.join('')}</g>`;
}

export const seriesTitle = ({ backend, operator }: Pick<Series, 'backend' | 'operator'>): string =>
  `${operator === 'monarch' ? 'Monarch' : 'Dense'} on ${title[backend]}`;

/** For those who do not see the lines: where each starts and ends. */
function describe(series: readonly Series[]): string {
  const parts = series.flatMap(each => {
    const [first, final] = [each.points[0], each.points.at(-1)];
    if (first === undefined || final === undefined) return [];
    const start = `${formatSeconds(first.seconds)} at batch ${first.batch}`;
    return [`${seriesTitle(each)}: from ${start} to ${formatSeconds(final.seconds)} at ${final.batch}.`];
  });
  return [...parts, 'The table below has all numbers.'].join(' ');
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
