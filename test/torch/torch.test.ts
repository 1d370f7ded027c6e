/**
 * Generated modules in PyTorch, on the CPU: numbers of every example and construct, derivatives, compilation, state,
 * and what would be launched on a GPU. One Python process does it all (check.py). Needs Python with torch.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normal, orthogonal, permutation, signs, uniform } from '../../runtime/generators.ts';
import type { Program } from '../../src/ir/operator.ts';
import { evaluateTensor } from '../../src/ir/tensorEvaluate.ts';
import { describeDefault } from '../../src/module/defaults.ts';
import { build, seed } from './cases.ts';
import { python } from './python.ts';

const timeoutMs = 240_000;

const generators = { normal, orthogonal, permutation, signs, uniform };

/** What the runtime for JavaScript fills parameters with that have a default. */
function defaultsOf({ parameters }: Program): Record<string, readonly number[]> {
  const made: Record<string, readonly number[]> = {};
  for (const declaration of parameters) {
    const { name, tensor, default: given } = declaration;
    const target = new Float64Array(tensor.shape.reduce((a, b) => a * b, 1));
    const contents = describeDefault(declaration);
    if (given?.kind === 'value') {
      const { data } = evaluateTensor(given.value, new Map());
      made[name] = data.length === target.length ? [...data] : [...target.fill(data[0] ?? 0)];
    } else if (contents?.kind === 'generated') {
      const [first = 1, second = 1] = contents.arguments;
      generators[contents.generator](target, contents.name, seed, first, second);
      made[name] = [...target];
    }
  }
  return made;
}

const names = [
  'numbers',
  'adjoints',
  'shapes',
  'refusals',
  'gradients',
  'second_derivatives',
  'operator_checks',
  'compiled',
  'state_dicts',
  'published_names',
  'copies',
  'meta_device',
  'autocast',
  'initial_values',
  'projections',
  'launches',
  'fallbacks',
];

describe.runIf(python !== undefined)('modules for PyTorch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sop-torch-'));
  const found = new Map<string, string | null>();
  let errors = '';
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(async () => {
    const { artifacts, cases } = await build(defaultsOf);
    for (const { name, contents } of artifacts) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), contents);
    }
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
    const script = join(import.meta.dirname, 'check.py');
    const made = spawnSync(python ?? '', [script, folder], { encoding: 'utf8' });
    errors = made.stderr;
    for (const line of made.stdout.split('\n').filter(each => each.startsWith('{'))) {
      const { check, why } = JSON.parse(line) as { check: string; why: string | null };
      found.set(check, why);
    }
  }, timeoutMs);

  test.each(names)('%s', name => {
    expect(found.get(name), errors.slice(-2000)).toBeNull();
  });
  test('every check is known here', () => {
    expect([...found.keys()]).toEqual(names);
  });
});

test.runIf(python === undefined)(
  'no Python with torch is on this machine: modules were not run',
  ({ skip }) => {
    skip('no torch');
  },
);
