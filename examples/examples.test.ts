/**
 * Every example program runs as a reader would run it, and prints the numbers its folder is there to show.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const secondsAllowed = 60;

async function linesOf(example: string): Promise<string[]> {
  const program = new URL(`${example}/main.ts`, import.meta.url).pathname;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program]);
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

const lineWith = (lines: readonly string[], words: string): string =>
  lines.find(line => line.includes(words)) ?? `no line has '${words}'`;

/** The numbers of a line, those inside names left out. */
const numbersOf = (line: string): number[] =>
  [...line.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)/g)].map(([text]) => Number(text));

const last = (line: string): number => numbersOf(line).at(-1) ?? Number.NaN;

describe('example programs', { timeout: secondsAllowed * 1000 }, () => {
  test('monarch', async () => {
    const lines = await linesOf('monarch');
    expect(last(lineWith(lines, 'against its sum'))).toBeLessThan(1e-6);
    expect(lineWith(lines, 'a layer')).toContain('1000 -> 300 in 4 blocks: 32.5 %');
    const [, reached, promised] = numbersOf(lineWith(lines, 'Hadamard of 256'));
    expect(reached).toBeLessThan(1e-6);
    expect(promised).toBeLessThan(1e-15);
    expect(lineWith(lines, 'DCT-II of 256')).toContain('error 9.543e-1, promised 9.543e-1');
    expect(lines.slice(-3).map(line => numbersOf(line)[2])).toEqual([0.8349, 0.9119, 0.9543]);
  });

  test('structured-ffn: the factors are their merged matrix, the guide matters only when merged carelessly', async () => {
    const lines = await linesOf('structured-ffn');
    // Sums of 768 and of 768 + 384 terms at most, whose roundings add up as a random walk.
    const rounding = Math.sqrt(768 + 768 + 384) * 2 ** -24;
    for (const [name, share] of [
      ['lowrank', '62.5 %'],
      ['blockdense4', '53.1 %'],
      ['blockshuffle2', '62.5 %'],
    ] as const) {
      const line = lines.find(each => each.startsWith(name)) ?? '';
      expect(line).toContain(share);
      expect(Number(/, (\S+) from its merged/.exec(line)?.[1])).toBeLessThan(rounding);
    }
    const differences = (words: string) =>
      (/by (\S+), (\S+), (\S+) at/.exec(lineWith(lines, words)) ?? []).slice(1).map(Number);
    expect(Math.max(...differences('merged exact'))).toBeLessThan(1e-6);
    expect(differences('merged without shuffles').map(value => value > 0.5)).toEqual([true, true, false]);
    expect(lineWith(lines, 'two kernels win')).toContain('1357 tokens');
  });

  test('randlora: exact at the start, of full rank, the two orders a stride permutation apart', async () => {
    const lines = await linesOf('randlora');
    expect(lines[0]).toContain('true');
    expect(lineWith(lines, 'constant gamma')).toContain(': 4 with');
    expect(lineWith(lines, 'trained gamma')).toContain('20 with');
    expect(numbersOf(lineWith(lines, 'as stored'))[0]).toBeGreaterThan(0.5);
    expect(numbersOf(lineWith(lines, 'strided'))[0]).toBeLessThan(1e-15);
  });

  test('loldu: exact at the start, and the loss falls by training 16 numbers', async () => {
    const lines = await linesOf('loldu');
    expect(last(lines[0] ?? '')).toBeLessThan(1e-15);
    const [first, trained] = [last(lineWith(lines, 'step   0')), last(lineWith(lines, 'step 299'))];
    expect(trained).toBeLessThan(1e-6 * first);
    expect(lineWith(lines, 'trained of')).toContain('16 numbers trained of 352');
  });
});
