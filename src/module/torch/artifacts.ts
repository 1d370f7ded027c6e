/** What a build for PyTorch writes: a module of Python, and a folder of kernels with the tables of their launches. */
import { printCudaFile } from '../../../codegen/cudaFile.ts';
import { printCudaHeader } from '../../../codegen/cudaHeader.ts';
import { launchTable, printLaunches } from '../../../codegen/torch/launches.ts';
import { kernelFolder, printTorchModule } from '../../../codegen/torch/module.ts';
import type { RealFormat } from '../../core/precision.ts';
import type { PackedBuffer } from '../../lower/context.ts';
import type { LoweredInstance } from '../../pipeline.ts';
import { type CudaProfileName, profiles } from '../../plan/profile.ts';
import { describeCuda } from '../cuda.ts';
import { describeTorch, type PublishedNames } from './contents.ts';

/** The operators of a file as kernels of one format for one kind of GPU. */
export interface TorchKernels {
  readonly profile: CudaProfileName;
  readonly format: RealFormat;
  readonly operators: readonly LoweredInstance[];
  readonly packed: readonly PackedBuffer[];
}

export function torchArtifacts(
  source: string,
  stem: string,
  kernels: readonly TorchKernels[],
  published: PublishedNames = new Map(),
): { readonly name: string; readonly contents: string }[] {
  const [first] = kernels;
  if (first === undefined) return [];
  // What Python can import.
  const name = stem.replaceAll('-', '_').replace(/^(?=\d)/, '_');
  const formats = [...new Set(kernels.map(({ format }) => format))];
  const programs = first.operators.map(each => each.source);
  const module = describeTorch({ name, source, formats }, programs, published);
  return [
    { name: `${name}.py`, contents: printTorchModule(module) },
    ...kernels.flatMap(({ profile, format, operators, packed }) => {
      const file = { name: `${name}_${format}_${profile}`, source, storage: format };
      const contents = describeCuda(file, operators, packed, profiles[profile]);
      const path = `${kernelFolder(name)}/${file.name}`;
      return [
        { name: `${path}.cu`, contents: printCudaFile(contents) },
        { name: `${path}.h`, contents: printCudaHeader(contents) },
        { name: `${path}.json`, contents: printLaunches(launchTable(contents)) },
      ];
    }),
  ];
}
