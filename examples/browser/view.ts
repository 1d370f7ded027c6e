/** The places of index.html that the page fills in. */
import type { BackendName } from './backend.ts';
import { chartSvg, type Series } from './chart.ts';
import { formatPercent, formatScientific, formatSeconds } from './format.ts';
import type { ErrorMeasure, OperatorName } from './problem.ts';

const element = <Kind extends Element = HTMLElement>(selector: string): Kind => {
  const found = document.querySelector<Kind>(selector);
  if (found === null) throw new Error(`index.html has no ${selector}`);
  return found;
};

export function showStatus(text: string): void {
  element('#status').textContent = text;
}

export function showProgress(done: number, total: number): void {
  const progress = element<HTMLProgressElement>('#progress');
  progress.max = total;
  progress.value = done;
}

export function showEnd(): void {
  element('#page').setAttribute('aria-busy', 'false');
}

/** Where a backend runs, or why it does not. */
export function showBackend(name: BackendName, text: string): void {
  element(`#${name}`).textContent = text;
}

export function showError(
  backend: BackendName,
  operator: OperatorName,
  { relative, ofBound }: ErrorMeasure,
): void {
  const [error, share] = ['relative', 'bound'].map(which =>
    element(`[data-error="${backend} ${operator}"] .${which}`),
  ) as [HTMLElement, HTMLElement];
  error.textContent = formatScientific(relative);
  share.textContent = formatPercent(ofBound);
  share.classList.toggle('wrong', !(ofBound <= 1));
}

/** @param seconds Nothing where the line ended before. */
export function showTime(
  { backend, operator }: Pick<Series, 'backend' | 'operator'>,
  batch: number,
  seconds: number | undefined,
): void {
  element(`[data-time="${backend} ${operator} ${batch}"]`).textContent =
    seconds === undefined ? '–' : formatSeconds(seconds);
}

export interface Chart {
  readonly draw: () => void;
}

/** Draws the chart at the width that the page gives it, now and whenever that changes. */
export function chartOf(series: readonly Series[], batches: readonly number[]): Chart {
  const chart = element('#chart');
  const draw = (): void => {
    chart.innerHTML = chartSvg(series, batches, { width: chart.clientWidth, height: chart.clientHeight });
  };
  new ResizeObserver(draw).observe(chart);
  return { draw };
}
