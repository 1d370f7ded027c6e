/**
 * NVIDIA's compiler, where the machine has it: many generated files in one translation unit, each in a namespace of its
 * own, since most of a small compilation is CUDA's headers.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact } from '../../src/compile.ts';

export const hasNvcc = spawnSync('nvcc', ['--version']).status === 0;

export interface Compilation {
  /** What the compiler complains about; warnings are errors. */
  readonly problems: string;
  /** Kernels whose registers did not hold everything. */
  readonly spills: readonly string[];
  /** Kernels that were compiled to machine code. */
  readonly kernels: number;
}

/** `code` compiles host and device to the end; `check` only asks the front end what it thinks of the text. */
export function compileFiles(
  files: readonly Artifact[],
  architecture: 'sm_80' | 'sm_90a',
  how: 'code' | 'check',
): Compilation {
  const folder = mkdtempSync(join(tmpdir(), 'sop-cuda-'));
  try {
    for (const { name, contents } of files) writeFileSync(join(folder, name), contents);
    const named = (ending: string) => files.map(({ name }) => name).filter(name => name.endsWith(ending));
    const all = [
      '#include <math.h>',
      ...named('.h').map(name => `#include "${name}"`),
      ...named('.cu').map((name, k) => `namespace file${k} {\n#include "${name}"\n}`),
    ];
    writeFileSync(join(folder, 'all.cu'), all.join('\n'));
    const virtual = architecture.replace('sm', 'compute');
    const stage =
      how === 'code'
        ? ['-gencode', `arch=${virtual},code=${architecture}`, '-c']
        : [`-arch=${virtual}`, '-Xcicc', '-O0', '-ptx'];
    const strict = ['-std=c++17', '-Werror', 'all-warnings', '-Xptxas', '-v'];
    const { status, stdout, stderr } = spawnSync('nvcc', [...strict, ...stage, 'all.cu', '-o', 'all.out'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const properties = [...stderr.matchAll(/properties for (\S+)\n.*?(\d+) bytes spill stores/g)];
    return {
      problems: status === 0 ? '' : `${stdout}${stderr}`,
      spills: properties.filter(([, , bytes]) => bytes !== '0').map(([text]) => text),
      kernels: properties.length,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
