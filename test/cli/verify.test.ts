import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { safetensorsFile } from '../formats/safetensorsFile.ts';
import { workplace } from './harness.ts';

const source = `/// Monarch, not square in its grid.
op monarch[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n
  = swap(n/b, b) * blockdiag(L) * swap(b, n/b) * blockdiag(R)
op layer[n](W: [n, n], b: [n]) : n -> n = dense(W) |> bias(b) |> gelu
op sworn[n](Q: [n, n]) : n -> n = assume orthogonal(dense(Q))
op blend[n](call a: [], d: [n]) : n -> n = a * diag(d)
export monarch[12, 3] as monarch12
export layer[5] as layer5
`;
const { sop, path, write } = workplace({ 'm.sop': source });

describe('verify', () => {
  test('every export is compared with its source, and the report says how close it came', async () => {
    const { code, out, err } = await sop('verify m.sop --report report.json');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^ok {3}monarch\[n=12, b=3\]: 12 -> 12, f32, generated module/m);
    expect(out).toMatch(/apply: \d+ vectors \(every basis vector\).* of its bound/);
    expect(out).toContain('L, R: drawn from seed 0, no values were given');
    const report = JSON.parse(readFileSync(path('report.json'), 'utf8'));
    expect(report).toMatchObject({ source: 'm.sop', passed: true });
    expect(report.operators.map((each: { operator: string }) => each.operator)).toEqual([
      'monarch12',
      'layer5',
    ]);
    for (const { mode, worstRatio } of report.operators[0].modes) {
      expect(['apply', 'adjoint']).toContain(mode);
      expect(worstRatio).toBeGreaterThan(0);
      expect(worstRatio).toBeLessThanOrEqual(1);
    }
  });

  test('f64, relaxed arithmetic, parameters of each call', async () => {
    expect((await sop('verify m.sop --op monarch -D n=10 -D b=5 --dtype f64')).code).toBe(0);
    expect((await sop('verify m.sop --op monarch12 --profile wasm-relaxed')).code).toBe(0);
    const { code, out } = await sop('verify m.sop --op blend -D n=7 --json --seed 5');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      passed: true,
      operators: [{ operator: 'blend', seed: 5 }],
    });
  });

  test('a promise that the parameters do not keep fails', async () => {
    write('q.safetensors', safetensorsFile([{ name: 'Q', shape: [2, 2], values: [1, 2, 3, 4] }]));
    const { code, out } = await sop('verify m.sop --op sworn -D n=2 --params q.safetensors');
    expect(code).toBe(1);
    expect(out).toMatch(/^FAIL sworn/);
    expect(out).toContain('is not orthogonal');
    write('q.safetensors', safetensorsFile([{ name: 'Q', shape: [2, 2], values: [0, 1, -1, 0] }]));
    expect((await sop('verify m.sop --op sworn -D n=2 --params q.safetensors')).code).toBe(0);
  });
});

test('build --verify places the report beside the module, and writes nothing that fails', async () => {
  const { code, out } = await sop('build m.sop --verify --op layer5 --out checked');
  expect(code).toBe(0);
  expect(out).toContain('checked/m.conformance.json');
  expect(JSON.parse(readFileSync(path('checked/m.conformance.json'), 'utf8')).passed).toBe(true);
  const failed = await sop('build m.sop --verify --op sworn -D n=3 --out unchecked');
  expect([failed.code, failed.out]).toEqual([1, '']);
  expect(failed.err).toContain('FAIL sworn');
  expect(readdirSync(path('.'))).not.toContain('unchecked');
});

describe('explain', () => {
  test('text, JSON and a picture of each operator', async () => {
    const text = await sop('explain m.sop');
    expect([text.code, text.err]).toEqual([0, '']);
    expect(text.out).toContain('monarch[n=12, b=3], apply: 12 -> 12');
    expect(text.out).toContain('layer[n=5], apply: 5 -> 5');
    const json = JSON.parse((await sop('explain m.sop --op monarch12 --format json --mode adjoint')).out);
    // 12/3 blocks of 3x3 and 3 blocks of 4x4, two flops an entry.
    expect(json.operators).toMatchObject([
      { mode: 'adjoint', total: { launches: 1, flopsPerRow: 2 * (4 * 9 + 3 * 16) } },
    ]);
    const svg = await sop('explain m.sop --op monarch12 --format svg');
    expect(svg.out).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  test('a map has no adjoint to explain', async () => {
    const { code, err } = await sop('explain m.sop --op layer5 --mode adjoint');
    expect([code, err]).toEqual([2, expect.stringContaining('layer5 has no adjoint')]);
  });
});

describe('bench', () => {
  test('times against the dense matrix, with the work and the error of both', async () => {
    const { code, out } = await sop('bench m.sop --op monarch12 --batch 5 --rounds 3 --json');
    expect(code).toBe(0);
    const told = JSON.parse(out);
    expect(told).toMatchObject({ operator: 'monarch12', batch: 5, rounds: 3 });
    const [own, dense] = told.results;
    expect(own).toMatchObject({ name: 'monarch12', flops: 5 * 168 });
    expect(dense).toMatchObject({ name: 'dense matrix', flops: 5 * 288 });
    for (const { medianMs, quartilesMs, gigaflopsPerSecond, flops, error } of told.results) {
      expect(medianMs).toBeGreaterThan(0);
      expect(quartilesMs[0]).toBeLessThanOrEqual(medianMs);
      expect(quartilesMs[1]).toBeGreaterThanOrEqual(medianMs);
      expect(gigaflopsPerSecond).toBeCloseTo(flops / medianMs / 1e6);
      expect(error.relative).toBeLessThan(1e-5);
    }
    expect(told.speedup).toBeCloseTo(dense.medianMs / own.medianMs);
  });

  test('a map stands alone; words say what is measured', async () => {
    const { code, out } = await sop('bench m.sop --op layer5 --batch 1 --rounds 1');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^layer\[n=5\], 5 -> 5, batch 1, wasm-simd128, f32, 1 rounds\n {2}layer5 +[\d.]+ ms \([\d.]+\.\.[\d.]+\)/,
    );
    expect(out).not.toContain('dense matrix');
  });
});
