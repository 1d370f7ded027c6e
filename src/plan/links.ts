/**
 * A program as links of a chain: a cut may separate two links and nothing inside one. A link is a factor with
 * the pointwise steps that follow it.
 */
import { compose, type Operator, type Program, type Step } from '../ir/operator.ts';
import { type Resident, residentOf, rowElements } from './residency.ts';

export interface Link extends Resident {
  readonly steps: readonly Step[];
  /** Elements of one row that its gates keep alive. */
  readonly gates: number;
}

export function linksOf({ steps, columns }: Program): Link[] {
  const links: Link[] = [];
  let width = columns;
  for (const step of steps.flatMap(openComposition)) {
    const previous = links.at(-1);
    if (step.kind === 'linear') {
      links.push({ ...residentOf(step.operator), steps: [step], gates: 0 });
      width = step.operator.rows;
    } else {
      const own = previous ?? { steps: [], columns: width, rows: width, scratch: 0, gates: 0 };
      const gates = own.gates + (step.kind === 'gate' ? width + rowElements(step.steps, columns) : 0);
      links.splice(Math.max(0, links.length - 1), 1, {
        ...own,
        steps: [...own.steps, step],
        move: 'none',
        gates,
      });
    }
  }
  return links;
}

/** A composition is opened, last factor first; everything else stays whole. */
const openComposition = (step: Step): readonly Step[] =>
  step.kind === 'linear' && step.operator.kind === 'compose'
    ? step.operator.factors.toReversed().map((operator): Step => ({ kind: 'linear', operator }))
    : [step];

/** The steps of links, neighbouring factors as one product again, which is what a kernel places. */
export function stepsOf(links: readonly Link[]): Step[] {
  const made: Step[] = [];
  let factors: Operator[] = [];
  const close = (): void => {
    if (factors.length > 0) made.push({ kind: 'linear', operator: compose(...factors.toReversed()) });
    factors = [];
  };
  for (const step of links.flatMap(link => link.steps)) {
    if (step.kind === 'linear') factors.push(step.operator);
    else {
      close();
      made.push(step);
    }
  }
  close();
  return made;
}
