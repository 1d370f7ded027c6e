/** A plan as text for people: kernels, what lies between them, and why. */
import type { Step } from '../ir/operator.ts';
import { formatBytes, type Plan, type Segment } from './plan.ts';

/** `stepText` writes a step, which is not the planner's business. */
export function planText(plan: Plan, stepText: (step: Step) => string): string {
  const { name, columns, rows, profile, precision, bytesPerElement, segments, workspaces, cuts, oversize } =
    plan;
  return [
    `plan ${name}: ${columns} -> ${rows}, ${precision.storage} on ${profile.name}`,
    ...segments.flatMap(segment => [
      `  kernel ${segment.name}: ${flowText(segment, bytesPerElement)}`,
      ...segment.steps.map(step => `    ${stepText(step)}`),
    ]),
    ...workspaces.map(({ name: buffer, width }) => `  workspace ${buffer}[${width}]`),
    ...cuts.map(({ between: [one, other], reason }) => `  cut between ${one} and ${other}: ${reason}`),
    ...oversize.map(({ segment, reason }) => `  ${segment}: ${reason}`),
    '',
  ].join('\n');
}

/** Where a kernel reads and writes, and the tile of rows it holds meanwhile. */
function flowText(segment: Segment, bytesPerElement: number): string {
  const { input, columns, output, rows, tileRows, liveElements } = segment;
  const tile = `${tileRows} rows x ${formatBytes(liveElements * bytesPerElement)}`;
  return `${input}[${columns}] -> ${output}[${rows}], ${tile}`;
}
