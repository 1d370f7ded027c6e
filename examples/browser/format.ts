/** Numbers as the page writes them; lines do not break before a unit. */
const space = '\u00a0';

/** `18.3 µs`, `2.05 ms`, `1 s`: three digits, with a unit that leaves at most three before the point. */
export function formatSeconds(seconds: number): string {
  const units = [
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'µs'],
    [1e-9, 'ns'],
  ] as const;
  // What rounds up to 1000 of a unit is 1 of the next.
  const [scale, unit] = units.find(([size]) => seconds / size >= 0.9995) ?? [1e-9, 'ns'];
  return `${Number((seconds / scale).toPrecision(3))}${space}${unit}`;
}

/** `2.1 × 10⁻⁷`. */
export function formatScientific(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential(1).split('e');
  const raised = [...exponent.replace('+', '')].map(each => superscripts[each] ?? '').join('');
  return [digits, '×', `10${raised}`].join(space);
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  0: '⁰',
  1: '¹',
  2: '²',
  3: '³',
  4: '⁴',
  5: '⁵',
  6: '⁶',
  7: '⁷',
  8: '⁸',
  9: '⁹',
};

export const formatPercent = (share: number): string =>
  [share < 0.001 ? `<${space}0.1` : Number((100 * share).toPrecision(2)), '%'].join(space);

/** `0.7`, `4.4`, `14`. */
export const formatRatio = (ratio: number): string => ratio.toFixed(ratio < 9.95 ? 1 : 0);
