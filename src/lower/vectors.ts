/** Vectors in memory: how one is read or written when its lanes lie `stride` elements apart. */
import { add, declare, lane, literal, load, store, variable } from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import type { Lowering } from './context.ts';
import { fresh } from './names.ts';

export interface Read {
  readonly statements: readonly Statement[];
  readonly value: Expression;
}

/** One splat (stride 0), one load (stride 1), or a load for each lane. */
export function readVector(
  lowering: Lowering,
  buffer: string,
  index: Expression,
  type: Type,
  stride: number,
): Read {
  const name = fresh(lowering, buffer);
  if (type.lanes === 1 || stride === 0 || stride === 1) {
    return {
      statements: [load(name, type, buffer, index, stride === 0 && type.lanes > 1)],
      value: variable(name, type),
    };
  }
  const scalar: Type = { scalar: type.scalar, lanes: 1 };
  const names = Array.from({ length: type.lanes }, () => fresh(lowering, buffer));
  const statements = names.map((each, k) => load(each, scalar, buffer, add(index, literal(k * stride))));
  const elements = names.map(each => variable(each, scalar));
  return {
    statements: [...statements, declare(name, { kind: 'vector', type, elements })],
    value: variable(name, type),
  };
}

export function writeVector(
  buffer: string,
  index: Expression,
  value: Expression,
  stride: number,
): Statement[] {
  const { lanes } = value.type;
  if (lanes === 1 || stride === 1) return [store(buffer, index, value)];
  return Array.from({ length: lanes }, (_, k) =>
    store(buffer, add(index, literal(k * stride)), lane(value, k)),
  );
}
