/** The certificate as lines of text. */
import { formatBytes } from '../plan/plan.ts';
import type { Certificate, KernelCertificate } from './certificate.ts';

export function explainText(certificate: Certificate): string {
  const { title, mode, rows, columns, scalar, profile, kernels, cuts, fusion, rules, total, dense } =
    certificate;
  const lines = [`${title}, ${mode}: ${columns} -> ${rows}, ${scalar} on ${profile}`, ''];
  for (const kernel of kernels) lines.push(...kernelLines(kernel), '');
  for (const { between, reason } of cuts)
    lines.push(`cut between ${between[0]} and ${between[1]}: ${reason}`);
  lines.push(fusion, '');
  const row = (name: string, ...values: readonly string[]) =>
    `${name.padEnd(18)}${values.map(value => value.padStart(14)).join('')}`;
  lines.push(
    row('', 'flops a row', 'bytes a row', 'weights'),
    row(
      'this plan',
      count(total.flopsPerRow),
      formatBytes(total.bytesPerRow),
      formatBytes(total.weightBytes),
    ),
    row('byte floor', '', formatBytes(total.floorBytesPerRow), ''),
    row(
      'dense matrix',
      count(dense.flopsPerRow),
      formatBytes(total.floorBytesPerRow),
      formatBytes(dense.weightBytes),
    ),
    row(
      'dense ÷ plan',
      ratio(dense.flopsPerRow, total.flopsPerRow),
      '',
      ratio(dense.weightBytes, total.weightBytes),
    ),
  );
  const fired = rules.map(([name, times]) => (times === 1 ? name : `${name} (${times} times)`));
  if (fired.length > 0) lines.push('', `rewritten by: ${fired.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

function kernelLines(kernel: KernelCertificate): string[] {
  const { name, steps, tileRows, slices, tileBytes, bytesReadPerRow, bytesWrittenPerRow, weightBytes } =
    kernel;
  const width = steps.reduce((widest, { formula }) => Math.max(widest, formula.length), 0);
  const moved = bytesReadPerRow + bytesWrittenPerRow;
  const intensity = moved === 0 ? '' : `, ${(kernel.flopsPerRow / moved).toFixed(1)} flops a byte`;
  return [
    `kernel ${name}, tiles of ${tileRows} rows in ${formatBytes(tileBytes)}`,
    ...(slices === 1 ? [] : [`  in ${slices} slices, each of which reads the input of its tile again`]),
    ...steps.map(({ formula, flopsPerRow, functionsPerRow }) => {
      const work = [
        ...(flopsPerRow > 0 ? [`${count(flopsPerRow)} flops`] : []),
        ...(functionsPerRow > 0 ? [`${count(functionsPerRow)} functions`] : []),
      ];
      return `  ${formula.padEnd(width)}  ${work.join(', ') || 'moves only'}`;
    }),
    `  a row: reads ${formatBytes(bytesReadPerRow)}, writes ${formatBytes(bytesWrittenPerRow)}${intensity}`,
    `  a tile: reads ${formatBytes(weightBytes)} of packed weights`,
  ];
}

export const count = (value: number): string => value.toLocaleString('en-US');

const ratio = (over: number, under: number): string => (under === 0 ? '' : `${(over / under).toFixed(1)} x`);
