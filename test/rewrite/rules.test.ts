/** Every rule against the dense matrix: on random operators, and counted so that no row goes untried. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { denseMatrix } from '../../src/ir/dense.ts';
import { stridePermutation } from '../../src/ir/indexMap.ts';
import { pad } from '../../src/ir/leaves.ts';
import {
  adjoint,
  assume,
  block,
  compose,
  diagonal,
  directSum,
  gather,
  identity,
  inverse,
  type Operator,
  offDiagonal,
  scale,
  sum,
  update,
} from '../../src/ir/operator.ts';
import { parameter } from '../../src/ir/tensor.ts';
import { scalarTensor } from '../../src/ir/tensorAlgebra.ts';
import { nodesOf } from '../../src/ir/traverse.ts';
import { rewrite } from '../../src/rewrite/driver.ts';
import { irreducible } from '../../src/rewrite/inverse.ts';
import { normalise, phases } from '../../src/rewrite/normalise.ts';
import { applyRule, type Rule } from '../../src/rewrite/rule.ts';
import { anyOperator, environmentFor, invertible, operatorOf, size } from '../ir/arbitrary.ts';

/** The largest entry of the difference, relative to the largest entry. */
function difference(left: Operator, right: Operator): number {
  const environment = environmentFor(left, right);
  const [a, b] = [denseMatrix(left, environment), denseMatrix(right, environment)];
  if (a.rows !== b.rows || a.columns !== b.columns) return Number.POSITIVE_INFINITY;
  const largest = a.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return (
    a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.data[i] ?? Number.NaN)) || 0), 0) /
    largest
  );
}

const tolerance = 1e-9;

/** The rules, each checked against the dense matrix whenever it fires. */
function audited(rules: readonly Rule[], fired: Map<string, number>): readonly Rule[] {
  const checked = (name: string, before: Operator, made: Operator | undefined): Operator | undefined => {
    if (made === undefined) return undefined;
    const error = difference(before, made);
    if (!(error <= tolerance)) throw new Error(`${name}: differs by ${error}`);
    fired.set(name, (fired.get(name) ?? 0) + 1);
    return made;
  };
  const audit = (rule: Rule): Rule => {
    const { name } = rule;
    switch (rule.kind) {
      case 'node':
        return { ...rule, apply: (operator: Operator) => checked(name, operator, rule.apply(operator)) };
      case 'factors':
        return { ...rule, apply: (a, b) => checked(name, compose(a, b), rule.apply(a, b)) };
      case 'terms':
        return { ...rule, apply: (a, b) => checked(name, sum(a, b), rule.apply(a, b)) };
    }
  };
  return rules.map(audit);
}

const rows = [...new Set(phases.flat())];

/** Operators with the node that a table of rules looks for at the top. */
const subject = fc.oneof(
  fc.constantFrom(
    compose(pad(12, 7), pad(7, 5)),
    compose(adjoint(pad(7, 5)), pad(7, 5)),
    directSum(pad(4, 2), pad(3, 1)),
  ),
  anyOperator,
  anyOperator.map(adjoint),
  anyOperator.map(offDiagonal),
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), anyOperator)
    .map(([salt, each]) => scale(parameter(`c${salt}`, 'f32', 'learned', []), each)),
  size.chain(n => invertible(n, 2)).map(inverse),
  fc
    .tuple(size, size)
    .chain(([m, n]) => fc.tuple(operatorOf(m, m, 1), operatorOf(n, n, 1)))
    .map(parts => offDiagonal(directSum(...parts))),
  fc
    .tuple(size, size)
    .chain(([m, n]) => fc.nat(6).chain(k => fc.tuple(operatorOf(m, k, 1), operatorOf(k, n, 1))))
    .map(parts => compose(...parts)),
);

/** Well-conditioned, but nothing that a rule could invert. */
const opaque = size.chain(n =>
  operatorOf(n, n, 0).map(each => {
    const small = scale(scalarTensor(0.1 / Math.max(1, n)), each);
    return assume('invertible', sum(identity(n), small));
  }),
);

const timeoutMs = 60_000;

describe('rules keep the dense matrix', () => {
  const fired = new Map<string, number>();
  test(
    'each alone at each node',
    () => {
      const rules = audited(rows, fired);
      const nested = fc
        .tuple(opaque, fc.constantFrom(adjoint, inverse), fc.constantFrom(adjoint, inverse))
        .map(([each, f, g]) => f(g(each)));
      fc.assert(
        fc.property(fc.oneof(subject, opaque.map(inverse), nested), operator => {
          for (const node of nodesOf(operator)) for (const rule of rules) applyRule(rule, node);
        }),
        { numRuns: 400, seed: 20260102 },
      );
    },
    timeoutMs,
  );
  test(
    'wherever they fire on random operators',
    () => {
      const tables = phases.map(rules => audited(rules, fired));
      fc.assert(
        fc.property(subject, operator => {
          tables.reduce((current, rules) => rewrite(current, rules).operator, operator);
        }),
        { numRuns: 1200, seed: 20260101 },
      );
    },
    timeoutMs,
  );
  test('every row fired', () => {
    expect(rows.filter(rule => !fired.has(rule.name)).map(rule => rule.name)).toEqual([]);
  });
  test('terms that a rule joins share a label', () => {
    fc.assert(
      fc.property(
        fc.tuple(size, size).chain(([m, n]) => fc.tuple(operatorOf(m, n, 0), operatorOf(m, n, 0))),
        ([a, b]) => {
          for (const rule of rows) {
            if (rule.kind !== 'terms' || rule.apply(a, b) === undefined) continue;
            expect(rule.labels(a).some(label => rule.labels(b).includes(label))).toBe(true);
          }
        },
      ),
      { numRuns: 400, seed: 3 },
    );
  });
  test('a long chain takes steps in proportion to its length', () => {
    const steps = (length: number): number => {
      let count = 0;
      const counted = rows.map(
        (rule): Rule =>
          rule.kind === 'factors'
            ? {
                ...rule,
                apply: (a, b) => {
                  count++;
                  return rule.apply(a, b);
                },
              }
            : rule,
      );
      const factors = Array.from({ length }, (_, i) => {
        if (i % 3 === 0) return gather(stridePermutation(6, 2));
        if (i % 3 === 1) return diagonal(parameter(`d${i}`, 'f32', 'learned', [6]));
        return block(2, 3, 3, 1, parameter(`w${i}`, 'f32', 'learned', [2, 1, 3, 3]));
      });
      rewrite(compose(...factors), counted);
      return count;
    };
    expect(steps(600)).toBeLessThan(2.2 * steps(300));
  });
  test('numbers that arrive with a call stay outside, and the rules come to an end', () => {
    const late = update({
      diagonal: undefined,
      u: parameter('u', 'f32', 'call', [4, 1]),
      t: undefined,
      v: parameter('v', 'f32', 'call', [4, 1]),
    });
    const operator = scale(
      parameter('c', 'f32', 'learned', []),
      compose(late, gather(stridePermutation(4, 2)), late),
    );
    const made = normalise(operator).operator;
    expect(difference(operator, made)).toBeLessThanOrEqual(tolerance);
  });
  test('a product of a thousand diagonals is one, of a shallow expression', () => {
    const factors = Array.from({ length: 1000 }, (_, i) =>
      diagonal(parameter(`d${i}`, 'f32', 'learned', [3])),
    );
    const made = normalise(compose(...factors)).operator;
    expect(made.kind).toBe('block');
    expect(
      difference(compose(...factors.slice(0, 20)), normalise(compose(...factors.slice(0, 20))).operator),
    ).toBeLessThanOrEqual(tolerance);
  });
  test('names and laws are unique', () => {
    expect(new Set(rows.map(rule => rule.name)).size).toBe(rows.length);
  });
  test('a broken law is caught', () => {
    const broken: Rule = {
      kind: 'node',
      name: 'product in the wrong order',
      law: '(A B)ᵀ = Aᵀ Bᵀ',
      apply: operator =>
        operator.kind === 'adjoint' && operator.operator.kind === 'compose'
          ? compose(...operator.operator.factors.map(adjoint))
          : undefined,
    };
    const [w, v] = ['w', 'v'].map(name => block(1, 3, 3, 1, parameter(name, 'f32', 'static', [1, 1, 3, 3])));
    if (w === undefined || v === undefined) throw new Error('two blocks');
    expect(() => rewrite(adjoint(compose(w, v)), audited([broken], new Map()))).toThrow(
      'product in the wrong order',
    );
  });
});

describe('the normal form', () => {
  const kinds = new Set([
    'identity',
    'zero',
    'gather',
    'scatter',
    'block',
    'update',
    'triangularSolve',
    'compose',
    'sum',
    'directSum',
    'horizontal',
    'vertical',
  ]);
  test(
    'has the same matrix and only the kinds the planner knows',
    () => {
      fc.assert(
        fc.property(subject, operator => {
          const made = normalise(operator).operator;
          expect(difference(operator, made)).toBeLessThanOrEqual(tolerance);
          expect(
            nodesOf(made)
              .map(node => node.kind)
              .filter(kind => !kinds.has(kind)),
          ).toEqual([]);
        }),
        { numRuns: 400, seed: 7 },
      );
    },
    timeoutMs,
  );
  test(
    'is its own normal form',
    () => {
      fc.assert(
        fc.property(subject, operator => {
          const made = normalise(operator).operator;
          expect(normalise(made).trace).toEqual([]);
        }),
        { numRuns: 150, seed: 8 },
      );
    },
    timeoutMs,
  );
  test('leaves an inverse that nothing takes apart, and finds it', () => {
    const w = block(1, 3, 3, 1, parameter('w', 'f32', 'static', [1, 1, 3, 3]));
    const d = diagonal(parameter('d', 'f32', 'static', [3]));
    expect(irreducible(normalise(inverse(compose(d, w))).operator)).toBe(inverse(w));
    expect(irreducible(normalise(inverse(d)).operator)).toBeUndefined();
  });
});
