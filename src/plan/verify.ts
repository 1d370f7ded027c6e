/** What must hold of every plan; each problem is one line in the terms of plan.ts. Run after planning. */
import type { Plan } from './plan.ts';

export function verifyPlan({ columns, rows, segments, workspaces, cuts }: Plan): string[] {
  const problems: string[] = [];
  const widths = new Map([
    ['x', columns],
    ['y', rows],
    ...workspaces.map(each => [each.name, each.width] as const),
  ]);
  segments.forEach((segment, k) => {
    const { name, input, output } = segment;
    const previous = segments[k - 1];
    if (input !== (previous?.output ?? 'x'))
      problems.push(`${name} reads ${input}, which is not what comes before`);
    if (k === segments.length - 1 && output !== 'y') problems.push(`${name} is last and writes ${output}`);
    if (widths.get(input) !== segment.columns) problems.push(`${name} reads ${segment.columns} of ${input}`);
    if (widths.get(output) !== segment.rows) problems.push(`${name} writes ${segment.rows} of ${output}`);
    if (segment.tileRows < 1) problems.push(`${name} takes no rows`);
  });
  if (segments.length === 0) problems.push('no kernel writes the output');
  if (cuts.length !== Math.max(0, segments.length - 1)) problems.push(`${cuts.length} reasons for the cuts`);
  return problems;
}
