/** A small campaign with a fixed seed; campaign.ts runs long ones. */
import { expect, test } from 'vitest';
import { newCoverage, record, report } from './coverage.ts';
import { runTrial } from './trial.ts';

test('random programs agree from text to WebAssembly', async () => {
  const coverage = newCoverage();
  for (let seed = 1000; seed < 1150; seed++) record(coverage, seed, [await runTrial(seed)]);
  expect(coverage.programs).toBe(150);
  expect(coverage.worst.get('f64 error')?.error).toBeLessThan(1e-8);
  expect(report(coverage)[0]).toMatch(/^150 programs/);
}, 60_000);
