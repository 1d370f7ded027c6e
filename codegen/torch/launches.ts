/**
 * What a Python module must know to launch the kernels of a cubin by the driver: the same launches that the functions
 * of the `.cu` file make, as data. The module fills in pointers and counts.
 */

import { invariant } from '../../src/core/invariant.ts';
import type { GroupKernel } from '../../src/kernel/group.ts';
import { printCuda } from '../cuda.ts';
import {
  type CudaContents,
  type CudaMode,
  type CudaOperator,
  type CudaPackStep,
  type CudaPlan,
  kernelsOfMode,
} from '../cudaContents.ts';
import { workspaceRowBytes } from '../cudaFile.ts';

export interface LaunchTable {
  readonly format: string;
  readonly profile: string;
  readonly operators: Readonly<Record<string, OperatorLaunches>>;
}

interface OperatorLaunches {
  readonly weightBytes: number;
  readonly packWorkspaceBytes: number;
  /** Types in which the pack kernels read the parameters, in their order. */
  readonly parameters: readonly string[];
  readonly pack: readonly PackLaunch[];
  readonly apply: ModeLaunches;
  readonly adjoint?: ModeLaunches;
}

interface ModeLaunches {
  readonly columns: number;
  readonly rows: number;
  /** The most rows of one launch. */
  readonly rowsOfLaunch: number;
  /** The first for whose `below` there are few enough rows, if it has one. */
  readonly plans: readonly PlanLaunches[];
}

interface PlanLaunches {
  readonly below?: number;
  readonly workspaceRowBytes: number;
  readonly launches: readonly (KernelLaunch & { readonly tileRows: number; readonly slices: number })[];
}

/** One stage of filling a piece of the weights, for the modes that read that piece. */
interface PackLaunch extends KernelLaunch {
  readonly groups: number;
  readonly modes: readonly CudaMode['mode'][];
}

interface KernelLaunch {
  /** As its source names it; a cubin has the name with its signature. */
  readonly kernel: string;
  /** Whether there are two of it, for rows that all begin at multiples of 16 bytes and for others. */
  readonly chooses: boolean;
  readonly threads: number;
  readonly sharedBytes: number;
  /** Pointers and i32 numbers of the argument block, in letters of Python's struct. */
  readonly layout: string;
  readonly arguments: readonly Argument[];
}

/** What an argument is, and where it begins: bytes, bytes for each row of a launch, or the number of a parameter. */
type Argument = readonly [
  kind: 'x' | 'y' | 'count' | 'ldx' | 'ldy' | 'weights' | 'workspace' | 'temporary' | 'parameter',
  place: number,
];

export function launchTable({ storage, profile, operators }: CudaContents): LaunchTable {
  return {
    format: storage,
    profile,
    operators: Object.fromEntries(operators.map(operator => [operator.name, launchesOf(operator)])),
  };
}

function launchesOf(operator: CudaOperator): OperatorLaunches {
  const { weightBytes, packWorkspaceBytes, parameters, packs, modes } = operator;
  const [apply, adjoint] = (['apply', 'adjoint'] as const).map(name => {
    const mode = modes.find(each => each.mode === name);
    return mode && modeLaunches(operator, mode);
  });
  invariant(apply !== undefined, 'every operator is applied');
  return {
    weightBytes,
    packWorkspaceBytes,
    parameters: parameters.map(({ dtype }) => dtype),
    pack: packs.map(step => packLaunch(operator, step)),
    apply,
    ...(adjoint && { adjoint }),
  };
}

function packLaunch(
  { weights, parameters, modes }: CudaOperator,
  { fills, kernel, places, groups }: CudaPackStep,
): PackLaunch {
  const given = places.map((place): Argument => {
    if (place.kind === 'temporary') return ['temporary', place.offsetBytes];
    if (place.kind === 'weights') return ['weights', offsetOf(weights, place.name)];
    return ['parameter', parameters.findIndex(({ name }) => name === place.name)];
  });
  const readers = modes.filter(mode =>
    kernelsOfMode(mode).some(({ buffers }) => buffers.some(({ name }) => name === fills)),
  );
  return { ...launchOf(kernel, given), groups, modes: readers.map(({ mode }) => mode) };
}

const modeLaunches = ({ weights }: CudaOperator, mode: CudaMode): ModeLaunches => ({
  columns: mode.columns,
  rows: mode.rows,
  rowsOfLaunch: mode.rowsOfLaunch,
  plans: [
    ...(mode.few === undefined ? [] : [{ below: mode.few.rowsBelow, ...planLaunches(weights, mode.few) }]),
    planLaunches(weights, mode),
  ],
});

function planLaunches(weights: CudaOperator['weights'], plan: CudaPlan): PlanLaunches {
  let rowBytes = 0;
  const workspaces = new Map(
    plan.workspaces.map(each => {
      const start = rowBytes;
      rowBytes += workspaceRowBytes(each);
      return [each.name, start] as const;
    }),
  );
  const launches = plan.kernels.map(kernel => {
    const given = kernel.buffers
      .filter(({ space }) => space === 'global')
      .map(({ name }): Argument => {
        if (name === 'x' || name === 'y') return [name, 0];
        const start = workspaces.get(name);
        return start === undefined ? ['weights', offsetOf(weights, name)] : ['workspace', start];
      });
    const numbers = kernel.parameters.map(({ name }): Argument => {
      invariant(name === 'batch' || name === 'ldx' || name === 'ldy', `${name} is known to the module`);
      return [name === 'batch' ? 'count' : name, 0];
    });
    return {
      ...launchOf(kernel, [...given, ...numbers]),
      tileRows: kernel.tileRows,
      slices: kernel.slices,
    };
  });
  return { workspaceRowBytes: rowBytes, launches };
}

function launchOf(kernel: GroupKernel, given: readonly Argument[]): KernelLaunch {
  const { name, chooses, dynamicBytes } = printCuda(kernel);
  const isNumber = ([kind]: Argument): boolean => kind === 'count' || kind === 'ldx' || kind === 'ldy';
  return {
    kernel: name,
    chooses,
    threads: kernel.launch.invocations,
    sharedBytes: dynamicBytes,
    layout: given.map(each => (isNumber(each) ? 'i' : 'P')).join(''),
    arguments: given,
  };
}

function offsetOf(regions: CudaOperator['weights'], name: string): number {
  const region = regions.find(each => each.name === name);
  invariant(region !== undefined, `${name} has its place`);
  return region.offsetBytes;
}

/** A table as JSON that a person can read: a line for each launch. */
export function printLaunches(table: LaunchTable): string {
  const text = JSON.stringify(table, undefined, 1);
  // Arrays of numbers and names, and what holds nothing else, on one line.
  const flat = text.replaceAll(/\[[^[\]{}]*\]/g, each => each.replaceAll(/\s+/g, ' '));
  return `${flat.replaceAll(/\[(?:\s*\[[^[\]{}]*\],?)+\s*\]/g, each => each.replaceAll(/\s+/g, ' '))}\n`;
}
