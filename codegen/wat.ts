/**
 * Kernel IR → WebAssembly text: one exported function for each kernel, memory imported, nothing else.
 *
 * A kernel's arguments are the byte address of each buffer, then its parameters. A vector comparison is a
 * mask of ones; where it is used as a number it is negated to 0 or 1. Names that only say where to load or
 * store are kept as byte addresses (watPointers.ts); names share locals (watNames.ts).
 */
import { at, invariant, unreachable } from '../src/core/invariant.ts';
import { bytesOf, type Expression, type Kernel, type Statement, type Type } from '../src/kernel/kernel.ts';
import { type LinearForm, linearForm } from './linear.ts';
import { printSexpression, type Sexpression } from './sexpression.ts';
import { assignLocals, isStable, type Locals, loadPlacements, type Placement } from './watNames.ts';
import { arithmetic, constant, loadInstruction, spell, spelling } from './watOperators.ts';
import { addressName, inductionsOf, type Pointer, type Pointers, pointersOf } from './watPointers.ts';

export interface WatOptions {
  readonly comment: readonly string[];
}

export function printWat(kernels: readonly Kernel[], { comment }: WatOptions): string {
  const functions = kernels.map(kernel => printKernel(kernel));
  const head = comment.map(line => `;; ${line}`.trimEnd());
  const lines = [...head, '(module', '  (import "env" "memory" (memory 1))', ...functions];
  return `${lines.join('\n')})\n`;
}

/** What printing one kernel knows, and what it has yet to print. */
interface Printing {
  /** log2 of the bytes of an element, by buffer. */
  readonly shifts: ReadonlyMap<string, number>;
  readonly pointers: Pointers;
  readonly placements: ReadonlyMap<string, Placement>;
  readonly locals: Locals;
  /** Loads that the next statement prints. */
  readonly pending: Map<string, Sexpression>;
}

const i32: Type = { scalar: 'i32', lanes: 1 };

function printKernel(kernel: Kernel): string {
  const { buffers, parameters, body } = kernel;
  const pointers = pointersOf(kernel);
  const placements = loadPlacements(body);
  const locals = assignLocals(
    body,
    node => inductionsOf(node, pointers).map(({ pointer }) => ({ name: pointer.name, type: i32 })),
    name => placements.get(name) === 'inline',
  );
  const printing: Printing = {
    shifts: new Map(buffers.map(({ name, scalar }) => [name, Math.log2(bytesOf(scalar))])),
    pointers,
    placements,
    locals,
    pending: new Map(),
  };
  const node: Sexpression[] = [
    'func',
    `$${kernel.name}`,
    ['export', `"${kernel.name}"`],
    ...buffers.flatMap(({ name, comment }): Sexpression[] => [
      `;; ${name}: ${comment}`,
      ['param', `$${name}`, 'i32'],
    ]),
    ...parameters.map(({ name }): Sexpression => ['param', `$${name}`, 'i32']),
    ...locals.all.map(({ name, type }): Sexpression => ['local', `$${name}`, valueType(type)]),
    ...statements(printing, body),
  ];
  const comments = kernel.comment.map(line => `  ;; ${line}`.trimEnd());
  return [...comments, printSexpression(node, 2)].join('\n');
}

const valueType = (type: Type): string => (type.lanes === 1 ? type.scalar : 'v128');

// --------------------------------------------------------------------------------------- statements

function statements(
  printing: Printing,
  list: readonly Statement[],
  skipped?: ReadonlySet<string>,
): Sexpression[] {
  const made: Sexpression[] = [];
  for (let k = 0; k < list.length; k++) {
    const node = at(list, k);
    if (node.kind === 'declare' && skipped?.has(node.name)) continue;
    const alike = sameConstants(list, k);
    if (alike.length > 1) {
      made.push(setAll(printing, alike));
      k += alike.length - 1;
    } else made.push(...statement(printing, node));
  }
  return made;
}

type Declare = Statement & { kind: 'declare' };

/** The declarations from k on that begin with the same vector constant, which is long to write. */
function sameConstants(list: readonly Statement[], k: number): Declare[] {
  const alike: Declare[] = [];
  const first = list[k];
  for (let j = k; j < list.length; j++) {
    const node = list[j];
    if (first?.kind !== 'declare' || node?.kind !== 'declare' || node.value.kind !== 'literal') break;
    const { value } = first;
    const same = value.kind === 'literal' && Object.is(value.value, node.value.value);
    if (!same || value.type.lanes === 1 || value.type.lanes !== node.value.type.lanes) break;
    if (value.type.scalar !== node.value.type.scalar) break;
    alike.push(node);
  }
  return alike;
}

function setAll(printing: Printing, alike: readonly Declare[]): Sexpression {
  const [first, ...rest] = alike.map(({ name }) => local(printing, name));
  const value = expression(printing, at(alike, 0).value);
  invariant(first !== undefined, 'declarations to print');
  return [
    'local.set',
    first,
    rest.reduceRight<Sexpression>((inner, name) => ['local.tee', name, inner], value),
  ];
}

const local = ({ locals }: Printing, name: string): string => `$${locals.of.get(name) ?? name}`;
const get = (printing: Printing, name: string): Sexpression => ['local.get', local(printing, name)];

function statement(printing: Printing, node: Statement): Sexpression[] {
  switch (node.kind) {
    case 'comment':
      return [`;; ${node.text}`];
    case 'declare': {
      const pointer = printing.pointers.get(node.name);
      const value =
        pointer === undefined ? expression(printing, node.value) : pointerValue(printing, pointer);
      return [['local.set', local(printing, node.name), value]];
    }
    case 'assign':
      return [['local.set', local(printing, node.name), expression(printing, node.value)]];
    case 'load': {
      const value: Sexpression = [
        loadInstruction(node.type, node.splat),
        ...address(printing, node.buffer, node.index),
      ];
      const placement = printing.placements.get(node.name);
      if (placement === undefined) return [['local.set', local(printing, node.name), value]];
      const kept: Sexpression =
        placement === 'inline' ? value : ['local.tee', local(printing, node.name), value];
      printing.pending.set(node.name, kept);
      return [];
    }
    case 'store': {
      const place = address(printing, node.buffer, node.index);
      return [[`${spelling(node.value.type)}.store`, ...place, expression(printing, node.value)]];
    }
    case 'for':
      return forLoop(printing, node);
    case 'if': {
      const condition = expression(printing, node.condition);
      const otherwise: Sexpression[] =
        node.otherwise.length === 0 ? [] : [['else', ...statements(printing, node.otherwise)]];
      return [['if', condition, ['then', ...statements(printing, node.then)], ...otherwise]];
    }
    case 'barrier':
      return [];
    case 'multiplyMatrices':
      invariant(false, 'WebAssembly has no matrix units');
      break;
    default:
      return unreachable(node);
  }
}

function forLoop(printing: Printing, node: Statement & { kind: 'for' }): Sexpression[] {
  const { from, to, step, variable, body } = node;
  const enters = from.kind === 'literal' && to.kind === 'literal';
  if (enters && from.value >= to.value) return [];
  const counter = local(printing, variable);
  const bound: Sexpression = isStable(to) ? expression(printing, to) : get(printing, `${variable}.to`);
  const inductions = inductionsOf(node, printing.pointers);
  const moves = inductions.flatMap(({ pointer, step: elements }): Sexpression[] =>
    elements === 0
      ? []
      : [
          [
            'local.set',
            local(printing, pointer.name),
            ['i32.add', get(printing, pointer.name), bytes(printing, pointer.buffer, elements)],
          ],
        ],
  );
  const next: Sexpression = [
    'local.tee',
    counter,
    ['i32.add', ['local.get', counter], expression(printing, step)],
  ];
  const repeat: Sexpression = [
    'loop',
    `$${variable}.next`,
    ...statements(printing, body, new Set(inductions.map(({ pointer }) => pointer.name))),
    ...moves,
    ['br_if', `$${variable}.next`, ['i32.lt_s', next, bound]],
  ];
  const start: Sexpression[] = [['local.set', counter, expression(printing, from)]];
  if (!isStable(to)) start.push(['local.set', local(printing, `${variable}.to`), expression(printing, to)]);
  const first = inductions.map(({ pointer }): Sexpression => {
    const { distance } = pointer;
    const terms = distance.terms.flatMap(({ factor, value }) => {
      if (value.kind !== 'variable' || value.name !== variable) return [{ factor, value }];
      return linearForm(from).terms.map(term => ({ ...term, factor: term.factor * factor }));
    });
    const skipped = distance.terms.find(({ value }) => value.kind === 'variable' && value.name === variable);
    const before = distance.constant + (skipped?.factor ?? 0) * linearForm(from).constant;
    const value = pointerValue(printing, { ...pointer, distance: { constant: before, terms } });
    return ['local.set', local(printing, pointer.name), value];
  });
  if (enters) return [...start, ...first, repeat];
  const below: Sexpression = ['i32.lt_s', ['local.get', counter], bound];
  return [...start, ['if', below, ['then', ...first, repeat]]];
}

// --------------------------------------------------------------------------------------- addresses

const shiftOf = ({ shifts }: Printing, buffer: string): number => {
  const shift = shifts.get(buffer);
  invariant(shift !== undefined, `no buffer ${buffer}`);
  return shift;
};

const bytes = (printing: Printing, buffer: string, elements: number): Sexpression => [
  'i32.const',
  String(elements * 2 ** shiftOf(printing, buffer)),
];

/** The byte address of a pointer: its base, then each term scaled to bytes. */
function pointerValue(printing: Printing, { base, buffer, distance }: Pointer): Sexpression {
  return moved(printing, get(printing, base ?? buffer), buffer, distance);
}

function moved(printing: Printing, base: Sexpression, buffer: string, distance: LinearForm): Sexpression {
  const shift = shiftOf(printing, buffer);
  const sum = distance.terms.reduce<Sexpression>((total, { factor, value }) => {
    const scale = factor * 2 ** shift;
    const power = Math.log2(scale);
    const printed = expression(printing, value);
    const scaled: Sexpression = Number.isInteger(power)
      ? ['i32.shl', printed, ['i32.const', String(power)]]
      : ['i32.mul', printed, ['i32.const', String(scale)]];
    return ['i32.add', total, scaled];
  }, base);
  if (distance.constant === 0) return sum;
  return ['i32.add', sum, bytes(printing, buffer, distance.constant)];
}

/**
 * Whether a pointer is never before its buffer: an immediate is added without wrapping,
 * to an address that is no sum below 0.
 */
function isForward(printing: Printing, name: string): boolean {
  const pointer = printing.pointers.get(name);
  if (pointer === undefined) return true;
  const { base, distance } = pointer;
  const steps = distance.constant >= 0 && distance.terms.every(({ factor }) => factor >= 0);
  return steps && (base === undefined || isForward(printing, base));
}

/** The instruction's memory immediates and address: a constant goes into `offset=`. */
function address(printing: Printing, buffer: string, index: Expression): Sexpression[] {
  const place = addressName(index);
  const isPointer = place !== undefined && printing.pointers.has(place.name);
  const { constant: elements, terms } = linearForm(index);
  const forward = isPointer ? isForward(printing, place.name) : terms.every(({ factor }) => factor >= 0);
  const inImmediate = forward && elements >= 0 && elements < 2 ** 28;
  const rest: LinearForm = { constant: inImmediate ? 0 : elements, terms: isPointer ? [] : terms };
  const base = get(printing, isPointer ? place.name : buffer);
  const offset = inImmediate && elements > 0 ? [`offset=${elements * 2 ** shiftOf(printing, buffer)}`] : [];
  return [...offset, moved(printing, base, buffer, rest)];
}

// --------------------------------------------------------------------------------------- expressions

function expression(printing: Printing, node: Expression): Sexpression {
  const print = (each: Expression): Sexpression => expression(printing, each);
  switch (node.kind) {
    case 'literal': {
      const text = constant(node.value);
      if (node.type.lanes === 1) return [`${node.type.scalar}.const`, text];
      return ['v128.const', arithmetic(node.type), ...Array(node.type.lanes).fill(text)];
    }
    case 'variable': {
      const load = printing.pending.get(node.name);
      if (load === undefined) return get(printing, node.name);
      printing.pending.delete(node.name);
      return load;
    }
    case 'lane':
      return [`${arithmetic(node.vector.type)}.extract_lane`, String(node.lane), print(node.vector)];
    case 'vector': {
      const [first, ...rest] = node.elements;
      invariant(first !== undefined, 'a vector has lanes');
      const prefix = arithmetic(node.type);
      return rest.reduce<Sexpression>(
        (made, element, k) => [`${prefix}.replace_lane`, String(k + 1), made, print(element)],
        [`${prefix}.splat`, print(first)],
      );
    }
    case 'operation':
      return spell(node, print);
    default:
      return unreachable(node);
  }
}

/** What WebAssembly with 128-bit SIMD can spell; `legalize` replaces the rest. */
export const wasmCapabilities = {
  exp: false,
  log: false,
  sin: false,
  cos: false,
  tanh: false,
  erf: false,
  power: false,
  fusedMultiplyAdd: 'vectors',
} as const;
