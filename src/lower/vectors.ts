/**
 * Vectors in memory: how one is read or written when its lanes lie `stride` elements apart. What is read is widened to
 * the format that is computed in, what is written rounded to that of the buffer; nothing else converts.
 */
import { add, declare, lane, literal, load, operation, store, variable } from '../kernel/build.ts';
import type { Expression, Statement, Type } from '../kernel/kernel.ts';
import { heldAs, type Lowering } from './context.ts';
import { fresh } from './names.ts';

export interface Read {
  readonly statements: readonly Statement[];
  readonly value: Expression;
}

/** One splat (stride 0), one load (stride 1), or a load for each lane; named after `stem`. */
export function readVector(
  lowering: Lowering,
  buffer: string,
  index: Expression,
  type: Type,
  stride: number,
  stem = buffer,
): Read {
  const scalar = heldAs(lowering, buffer);
  if (scalar === type.scalar) return readHeld(lowering, { buffer, index, type, stride, stem });
  const held = readHeld(lowering, {
    buffer,
    index,
    type: { scalar, lanes: type.lanes },
    stride,
    stem: `${stem}Held`,
  });
  const name = fresh(lowering, stem);
  const widened = declare(name, operation('toPrecision', [held.value], type));
  return { statements: [...held.statements, widened], value: variable(name, type) };
}

interface Access {
  readonly buffer: string;
  readonly index: Expression;
  readonly type: Type;
  readonly stride: number;
  readonly stem: string;
}

/** As it lies in memory. */
function readHeld(lowering: Lowering, { buffer, index, type, stride, stem }: Access): Read {
  const name = fresh(lowering, stem);
  if (type.lanes === 1 || stride === 0 || stride === 1) {
    return {
      statements: [load(name, type, buffer, index, stride === 0 && type.lanes > 1)],
      value: variable(name, type),
    };
  }
  const scalar: Type = { scalar: type.scalar, lanes: 1 };
  const names = Array.from({ length: type.lanes }, () => fresh(lowering, stem));
  const statements = names.map((each, k) => load(each, scalar, buffer, add(index, literal(k * stride))));
  const elements = names.map(each => variable(each, scalar));
  return {
    statements: [...statements, declare(name, { kind: 'vector', type, elements })],
    value: variable(name, type),
  };
}

export function writeVector(
  lowering: Lowering,
  buffer: string,
  index: Expression,
  value: Expression,
  stride: number,
): Statement[] {
  const type: Type = { scalar: heldAs(lowering, buffer), lanes: value.type.lanes };
  if (type.scalar === value.type.scalar) return writeHeld(buffer, index, value, stride);
  if (value.kind === 'literal') return writeHeld(buffer, index, literal(value.value, type), stride);
  const name = fresh(lowering, `${buffer}Held`);
  const held = declare(name, operation('toPrecision', [value], type));
  return [held, ...writeHeld(buffer, index, variable(name, type), stride)];
}

function writeHeld(buffer: string, index: Expression, value: Expression, stride: number): Statement[] {
  const { lanes } = value.type;
  if (lanes === 1 || stride === 1) return [store(buffer, index, value)];
  return Array.from({ length: lanes }, (_, k) =>
    store(buffer, add(index, literal(k * stride)), lane(value, k)),
  );
}
