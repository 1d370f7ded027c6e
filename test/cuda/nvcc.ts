/**
 * NVIDIA's compiler, where the machine has it: many generated files in one translation unit, each in a namespace of its
 * own, since most of a compilation is CUDA's headers.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasNvcc = spawnSync('nvcc', ['--version']).status === 0;

export interface CudaFile {
  readonly name: string;
  readonly code: string;
  readonly header: string;
}

export interface Compilation {
  /** What the compiler complains about; warnings are errors. */
  readonly problems: string;
  /** By the linker's name of each kernel, the bytes that its registers did not hold. */
  readonly spilledBytes: ReadonlyMap<string, number>;
}

export function compileFiles(files: readonly CudaFile[], architecture: 'sm_80' | 'sm_90a'): Compilation {
  const folder = mkdtempSync(join(tmpdir(), 'sop-cuda-'));
  try {
    for (const { name, code, header } of files) {
      writeFileSync(join(folder, `${name}.cu`), code);
      writeFileSync(join(folder, `${name}.h`), header);
    }
    const all = [
      '#include <math.h>',
      ...files.map(({ name }) => `#include "${name}.h"`),
      ...files.map(({ name }, k) => `namespace file${k} {\n#include "${name}.cu"\n}`),
    ].join('\n');
    writeFileSync(join(folder, 'all.cu'), all);
    const target = `arch=${architecture.replace('sm', 'compute')},code=${architecture}`;
    const flags = ['-std=c++17', '-gencode', target, '-Werror', 'all-warnings', '-Xptxas', '-v'];
    const { status, stdout, stderr } = spawnSync('nvcc', [...flags, '-c', 'all.cu', '-o', 'all.o'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return {
      problems: status === 0 ? '' : `${stdout}${stderr}`,
      spilledBytes: spills(stderr),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const spills = (report: string): Map<string, number> =>
  new Map(
    [
      ...report.matchAll(
        /Function properties for (\S+)\n.*?(\d+) bytes spill stores, (\d+) bytes spill loads/g,
      ),
    ].map(([, kernel = '', stores, loads]) => [kernel, Number(stores) + Number(loads)] as const),
  );
