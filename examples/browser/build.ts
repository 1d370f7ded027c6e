/**
 * Makes the page in `generated/`: browser.sop through the compiler into a module, scripts bundled by esbuild, and the
 * plan's picture, the source and the empty tables written into index.html.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Compiled, compile } from '../../src/compile.ts';
import { at } from '../../src/core/invariant.ts';
import type { SourceFile } from '../../src/core/span.ts';
import { explainSvg } from '../../src/explain/svg.ts';
import { batches, longestSeconds } from './batches.ts';
import { seriesTitle } from './chart.ts';
import { formatSeconds } from './format.ts';
import { operatorNames } from './problem.ts';

const folder = new URL('./', import.meta.url);
const generated = new URL('generated/', folder);
const site = new URL('generated/site/', folder);

/** The files of the page, to be served from one folder; gives that folder. */
export async function buildPage(): Promise<URL> {
  const source = {
    name: 'browser.sop',
    text: await readFile(new URL('browser.sop', folder), 'utf8'),
  };
  await rm(generated, { recursive: true, force: true });
  await mkdir(site, { recursive: true });
  const compiled = await writeModule(source);
  await build({
    entryPoints: ['main.ts', 'wasmWorker.ts'].map(file => fileURLToPath(new URL(file, folder))),
    outdir: fileURLToPath(site),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    logLevel: 'error',
  });
  const page = await readFile(new URL('index.html', folder), 'utf8');
  await writeFile(new URL('index.html', site), filled(page, source, compiled));
  await writeFile(new URL('style.css', site), await readFile(new URL('style.css', folder)));
  return site;
}

async function writeModule(source: SourceFile): Promise<Compiled> {
  const compiled = await compile(source, {
    targets: ['wasm', 'wgsl'],
    profile: 'wasm-relaxed',
    modes: ['apply'],
    runtime: '../../../runtime/index.ts',
    gpuRuntime: '../../../runtime/gpu.ts',
  });
  const { artifacts, diagnostics } = compiled;
  if (artifacts.length === 0) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  for (const { name, contents } of artifacts) await writeFile(new URL(name, generated), contents);
  return compiled;
}

/** The page with its marked places filled. */
function filled(page: string, source: SourceFile, compiled: Compiled): string {
  const parts: Readonly<Record<string, string>> = {
    source: escaped(source.text.trim()),
    plan: planPicture(compiled),
    longest: formatSeconds(longestSeconds),
    legend: lines.map(legendEntry).join('\n'),
    times: batches.map(timesRow).join('\n'),
    errors: lines.map(errorsRow).join('\n'),
  };
  return page.replaceAll(/<!-- (\w+) -->/g, (mark, name: string) => parts[name] ?? mark);
}

/** Of the best shaders of the first operator. */
const planPicture = ({ onGpu }: Compiled): string => explainSvg(at(at(at(onGpu, 0).operators, 0).modes, 0));

const lines = (['webgpu', 'wasm'] as const).flatMap(backend =>
  operatorNames.map(operator => ({ backend, operator })),
);

type LineName = (typeof lines)[number];

/** A piece of the line as the chart draws it, with the same classes. */
function legendEntry({ backend, operator }: LineName): string {
  const marker =
    operator === 'monarch' ? '<circle cx="16" cy="7" r="3.5"/>' : '<rect x="13" y="4" width="6" height="6"/>';
  const drawn = `<g class="series ${backend} ${operator}"><path class="line" d="M1 7h30"/>${marker}</g>`;
  const sample = `<svg width="32" height="14" aria-hidden="true">${drawn}</svg>`;
  return `<li>${sample}${seriesTitle({ backend, operator })}</li>`;
}

const timesRow = (batch: number): string => {
  const cells = lines.map(({ backend, operator }) => `<td data-time="${backend} ${operator} ${batch}"></td>`);
  return `<tr><th scope="row">${batch}</th>${cells.join('')}</tr>`;
};

const errorsRow = ({ backend, operator }: LineName): string =>
  `<tr data-error="${backend} ${operator}"><th scope="row">${seriesTitle({ backend, operator })}</th>` +
  '<td class="relative">–</td><td class="bound">–</td></tr>';

const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
