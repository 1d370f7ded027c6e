/**
 * Packed buffers side by side in few bindings, for targets that bind only so many buffers to a kernel: one for numbers
 * and one for index tables, or more where a binding may hold only so many bytes.
 */
import { invariant, unreachable } from '../src/core/invariant.ts';
import { add, literal } from '../src/kernel/build.ts';
import { type Buffer, bytesOf, type Kernel, type Scalar, type Statement } from '../src/kernel/kernel.ts';

/** A buffer that a pack step fills. */
export interface PackTarget {
  readonly name: string;
  readonly scalar: Scalar;
  readonly elements: number;
}

/** Where a packed buffer lies: `offset` elements into the binding. */
export interface Place {
  readonly binding: string;
  readonly offset: number;
}

export interface Arrangement {
  readonly places: ReadonlyMap<string, Place>;
  /** The bindings with their lengths in elements. */
  readonly bindings: readonly PackTarget[];
}

/** Vectors of four stay aligned. */
const aligned = (elements: number): number => Math.ceil(elements / 4) * 4;

export function arrange(targets: readonly PackTarget[], bindingBytes: number): Arrangement {
  const places = new Map<string, Place>();
  const bindings: PackTarget[] = [];
  for (const { name, scalar, elements } of targets) {
    const size = bytesOf(scalar);
    invariant(elements * size <= bindingBytes, `${name} fits one binding: the planner cuts what does not`);
    const index = bindings.findLastIndex(each => each.scalar === scalar);
    const open = bindings[index];
    const fits = open !== undefined && (aligned(open.elements) + elements) * size <= bindingBytes;
    const offset = fits ? aligned(open.elements) : 0;
    const count = bindings.filter(each => each.scalar === scalar).length;
    const stem = scalar === 'i32' ? 'tables' : 'weights';
    const binding = fits ? open.name : `${stem}${count || ''}`;
    const grown = { name: binding, scalar, elements: offset + elements };
    if (fits) bindings[index] = grown;
    else bindings.push(grown);
    places.set(name, { binding, offset });
  }
  return { places, bindings };
}

/**
 * The kernel with every packed buffer read at its place in a binding. Index tables lose their ranges here, so what
 * depends on them is verified before.
 */
export function coalesce<Any extends Kernel>(kernel: Any, { places, bindings }: Arrangement): Any {
  const used = new Set(kernel.buffers.flatMap(({ name }) => places.get(name)?.binding ?? []));
  const merged = bindings
    .filter(({ name }) => used.has(name))
    .map(({ name, scalar, elements }): Buffer => {
      const inside = kernel.buffers.filter(buffer => places.get(buffer.name)?.binding === name);
      return {
        name,
        scalar,
        extent: { fixed: elements, perUnit: 0, parameter: undefined },
        space: 'global',
        access: 'read',
        comment: inside.map(buffer => `${buffer.name}: ${buffer.comment}`).join('; '),
      };
    });
  const own = kernel.buffers.filter(({ name }) => !places.has(name));
  return { ...kernel, buffers: [...own, ...merged], body: kernel.body.map(each => moved(each, places)) };
}

function moved(statement: Statement, places: Arrangement['places']): Statement {
  switch (statement.kind) {
    case 'load': {
      const place = places.get(statement.buffer);
      if (place === undefined) return statement;
      return { ...statement, buffer: place.binding, index: add(statement.index, literal(place.offset)) };
    }
    case 'for':
      return { ...statement, body: statement.body.map(each => moved(each, places)) };
    case 'if':
      return {
        ...statement,
        then: statement.then.map(each => moved(each, places)),
        otherwise: statement.otherwise.map(each => moved(each, places)),
      };
    case 'declare':
    case 'assign':
    case 'store':
    case 'barrier':
    case 'comment':
    case 'multiplyMatrices':
      return statement;
    default:
      return unreachable(statement);
  }
}
