/** Numbers and where they came from, as text and as JSON. */
import type { Origin } from './parameters.ts';

/** One line for each place that values came from. */
export function describeOrigins(origins: readonly Origin[], seed: number): string[] {
  const named = (from: Origin['from']) => origins.filter(each => each.from === from).map(each => each.name);
  const [drawn, defaults] = [named('drawn'), named('default')];
  return [
    ...origins.filter(each => each.from === 'file').map(({ name, source }) => `${name}: ${source}`),
    ...(defaults.length > 0 ? [`${defaults.join(', ')}: declared defaults, seed ${seed}`] : []),
    ...(drawn.length > 0 ? [`${drawn.join(', ')}: drawn from seed ${seed}, no values were given`] : []),
  ];
}

/** The first numbers of a line. */
export function lineOfNumbers(values: Float64Array): string {
  const shown = Array.from(values.subarray(0, 8), value => String(Number(value.toPrecision(6))));
  return shown.join('  ') + (values.length > shown.length ? `  ... (${values.length} numbers)` : '');
}

/** JSON has no infinities and no NaN; they are written as strings. */
export const jsonNumbers = (values: Float64Array): (number | string)[] =>
  Array.from(values, value => (Number.isFinite(value) ? value : String(value)));
