/**
 * The certificate as a picture: the support of each factor in the order they are written, a bracket under what one
 * kernel computes, and bars that compare the plan with the dense matrix. Light and dark by the viewer's preference.
 */
import type { Operator, Step } from '../ir/operator.ts';
import type { LoweredOperator } from '../pipeline.ts';
import { formatBytes } from '../plan/plan.ts';
import { type Certificate, certify } from './certificate.ts';
import { supportOf } from './support.ts';
import { count } from './text.ts';

const side = 132;
const gap = 26;
const margin = 28;
const top = 94;
const resolution = 64;

interface Panel {
  readonly label: string;
  readonly shape: string;
  readonly operator: Operator | undefined;
}

export function explainSvg(lowered: LoweredOperator): string {
  const certificate = certify(lowered);
  const { title, rows, columns, mode, scalar, profile, fusion } = certificate;
  const kernels = lowered.plan.segments
    .map(({ name, steps }) => ({ name, panels: panelsOf(steps) }))
    .toReversed();
  const panels = kernels.flatMap(kernel => kernel.panels);
  const width = Math.max(640, 2 * margin + panels.length * (side + gap) - gap);
  const height = top + side + 210;
  let x = margin;
  const drawn = kernels.map(({ name, panels: own }) => {
    const start = x;
    const parts = own.map(panel => {
      const made = drawPanel(panel, x);
      x += side + gap;
      return made;
    });
    return [...parts, bracket(start, x - gap, name)].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"` +
      ` width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    text(margin, 34, title, 'title'),
    text(margin, 56, `${columns} → ${rows}, ${mode}, ${scalar} on ${profile}`, 'note'),
    text(margin, 74, fusion, 'note'),
    ...drawn,
    bars(certificate, top + side + 92, width),
    '</svg>',
    '',
  ].join('\n');
}

const style = [
  'svg{--page:#fcfcfb;--ink:#1d2330;--soft:#687083;--line:#d4d7de;--fill:#3b6fd4;',
  '--wire:#c2571a;--other:#b9bfcb;font-family:ui-sans-serif,system-ui,sans-serif}',
  '@media(prefers-color-scheme:dark){svg{--page:#14171d;--ink:#e8eaf0;--soft:#98a1b3;--line:#363c48;',
  '--fill:#6d9cff;--wire:#f0935a;--other:#4a5262}}',
  '.page{fill:var(--page)}text{fill:var(--ink);font-size:12px}',
  '.title{font-size:17px;font-weight:600}.note,.soft{fill:var(--soft)}',
  '.cells,.wires{shape-rendering:crispEdges}.frame{fill:none;stroke:var(--line)}',
  '.cells{fill:var(--fill)}.wires{fill:var(--wire)}.bracket{fill:none;stroke:var(--soft)}',
  '.ours{fill:var(--fill)}.theirs{fill:var(--other)}',
].join('');

/** Factors left to right as in the product; pointwise steps stand to the left of what they follow. */
function panelsOf(steps: readonly Step[]): Panel[] {
  return steps
    .flatMap((step): Panel[] => {
      if (step.kind === 'linear') {
        const { operator } = step;
        const factors = operator.kind === 'compose' ? operator.factors.toReversed() : [operator];
        return factors.map(factor => ({
          label: nameOf(factor),
          shape: `${factor.rows} × ${factor.columns}`,
          operator: factor,
        }));
      }
      const label = step.kind === 'pointwise' ? step.function : step.kind;
      return [{ label, shape: 'each entry', operator: undefined }];
    })
    .toReversed();
}

function nameOf(operator: Operator): string {
  switch (operator.kind) {
    case 'block': {
      const { a, b, c, d } = operator;
      if (b === 1 && c === 1) return 'diagonal';
      if (a === 1 && d === 1) return 'dense';
      return d === 1 ? `${a} blocks ${b} × ${c}` : `KS(${a}, ${b}, ${c}, ${d})`;
    }
    case 'gather':
      return 'permutation';
    case 'scatter':
      return 'scatter';
    case 'update':
      return `D + U T Vᵀ, rank ${operator.u.shape[1] ?? 0}`;
    case 'triangularSolve':
      return `${operator.triangle} solve`;
    case 'directSum':
      return `direct sum of ${operator.parts.length}`;
    case 'sum':
      return `sum of ${operator.terms.length}`;
    default:
      return operator.kind;
  }
}

function drawPanel({ label, shape, operator }: Panel, x: number): string {
  const box = operator === undefined ? { width: side, height: side } : boxOf(operator);
  const [left, upper] = [x + (side - box.width) / 2, top + (side - box.height) / 2];
  const caption = [
    text(x + side / 2, top + side + 18, label, '', 'middle'),
    text(x + side / 2, top + side + 34, shape, 'soft', 'middle'),
  ];
  if (operator === undefined)
    return [text(x + side / 2, top + side / 2 + 4, `${label}( · )`, 'title', 'middle'), ...caption].join(
      '\n',
    );
  const { width, height, cells } = supportOf(operator, resolution);
  const [w, h] = [box.width / Math.max(1, width), box.height / Math.max(1, height)];
  // Runs of cells in one row are one rectangle.
  let path = '';
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      if (cells[i * width + j] !== 1) continue;
      const start = j;
      while (j < width && cells[i * width + j] === 1) j++;
      const [right, back] = [number((j - start) * w), number((start - j) * w)];
      path += `M${number(left + start * w)} ${number(upper + i * h)}h${right}v${number(h)}h${back}z`;
    }
  }
  const isMove = operator.kind === 'gather' || operator.kind === 'scatter';
  return [
    `<path class="${isMove ? 'wires' : 'cells'}" d="${path}"/>`,
    rectangle('frame', left, upper, box.width, box.height),
    ...caption,
  ].join('\n');
}

/** The shape of a factor at the scale of its panel; a thin one keeps a visible width. */
function boxOf({ rows, columns }: Operator): { readonly width: number; readonly height: number } {
  const longest = Math.max(rows, columns, 1);
  return { width: Math.max(6, (side * columns) / longest), height: Math.max(6, (side * rows) / longest) };
}

function bracket(from: number, to: number, name: string): string {
  const y = top + side + 46;
  return [
    `<path class="bracket" d="M${from} ${y}v6h${to - from}v-6"/>`,
    text((from + to) / 2, y + 22, `kernel ${name}`, 'soft', 'middle'),
  ].join('\n');
}

function bars({ total, dense }: Certificate, y: number, width: number): string {
  const rows: readonly (readonly [string, number, number, (value: number) => string])[] = [
    ['flops a row', total.flopsPerRow, dense.flopsPerRow, count],
    ['weights', total.weightBytes, dense.weightBytes, formatBytes],
  ];
  const left = margin + 100;
  const longest = Math.min(420, width - left - margin - 190);
  return rows
    .flatMap(([name, ours, theirs, format], k) => {
      const scale = longest / Math.max(ours, theirs, 1);
      const at = y + k * 50;
      return [
        text(margin, at + 22, name),
        rectangle('ours', left, at, Math.max(1, ours * scale), 14, 2),
        text(left + ours * scale + 8, at + 12, `this plan ${format(ours)}`),
        rectangle('theirs', left, at + 19, Math.max(1, theirs * scale), 14, 2),
        text(left + theirs * scale + 8, at + 31, `dense ${format(theirs)}`, 'soft'),
      ];
    })
    .join('\n');
}

const number = (value: number): string => String(Math.round(value * 100) / 100);

/** A rectangle of a class, its corners rounded by `radius`. */
function rectangle(
  kind: string,
  left: number,
  upper: number,
  width: number,
  height: number,
  radius = 0,
): string {
  const corners = radius === 0 ? '' : ` rx="${radius}"`;
  const size = `width="${number(width)}" height="${number(height)}"`;
  return `<rect class="${kind}" x="${number(left)}" y="${number(upper)}" ${size}${corners}/>`;
}

function text(x: number, y: number, content: string, kind = '', anchor = 'start'): string {
  const role = kind === '' ? '' : ` class="${kind}"`;
  const alignment = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${number(x)}" y="${number(y)}"${role}${alignment}>${escaped(content)}</text>`;
}

const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
