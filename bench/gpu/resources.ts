/** What a kernel takes of a multiprocessor: by the assembler's report (`-Xptxas -v`), and by the kernel's buffers. */
import type { GroupKernel } from '../../src/kernel/group.ts';
import { bytesOf } from '../../src/kernel/kernel.ts';

export interface Resources {
  /** With the arguments of its template in angle brackets. */
  readonly name: string;
  readonly registers: number;
  /** Stored and loaded again since registers did not hold them. */
  readonly spillBytes: number;
  readonly sharedBytes: number;
}

export function resourcesOf(report: string): Resources[] {
  return report
    .split('Compiling entry function ')
    .slice(1)
    .map(section => {
      const number = (pattern: RegExp): number => Number(section.match(pattern)?.[1] ?? 0);
      return {
        name: readable(section.match(/^'(\w+)'/)?.[1] ?? ''),
        registers: number(/Used (\d+) registers/),
        spillBytes: number(/(\d+) bytes spill stores/) + number(/(\d+) bytes spill loads/),
        sharedBytes: number(/(\d+) bytes smem/),
      };
    });
}

/** Of memory that a launch asks for the assembler knows nothing. */
export function sharedBytes({ buffers }: GroupKernel): number {
  const sizes = buffers
    .filter(({ space }) => space === 'shared')
    .map(({ scalar, extent }) => Math.ceil((extent.fixed * bytesOf(scalar)) / 16) * 16);
  return sizes.reduce((total, bytes) => total + bytes, 0);
}

/** The last part of a name as compilers for C++ mangle it: each part behind its length. */
function readable(mangled: string): string {
  let rest = mangled.replace(/^_ZN?/, '');
  let name = mangled;
  for (let length = rest.match(/^\d+/)?.[0]; length !== undefined; length = rest.match(/^\d+/)?.[0]) {
    name = rest.slice(length.length, length.length + Number(length));
    rest = rest.slice(length.length + Number(length));
  }
  const flags = rest.match(/^I((?:L\w\d+E)+)E/)?.[1] ?? '';
  const values = [...flags.matchAll(/L\w(\d+)E/g)].map(([, value]) => value);
  return values.length === 0 ? name : `${name}<${values.join(', ')}>`;
}
