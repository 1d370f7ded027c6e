/**
 * What this machine allows, measured: the rate of SIMD multiply–adds with everything in registers, and of
 * copies.
 */
import { assemble } from '../../codegen/assemble.ts';

/** As many as the registers hold beside the factor, so that latency is hidden. */
const chains = 13;

/** Sums that each add a product of the next: 8 flops a round each. */
function chainText(relaxed: boolean): string {
  const all = Array.from({ length: chains }, (_, k) => k);
  const step = (k: number) => {
    const [sum, next] = [`(local.get $s${k})`, `(local.get $s${(k + 1) % chains})`];
    const added = relaxed
      ? `(f32x4.relaxed_madd (local.get $b) ${next} ${sum})`
      : `(f32x4.add ${sum} (f32x4.mul (local.get $b) ${next}))`;
    return `    (local.set $s${k} ${added})`;
  };
  const total = all.map(k => `(local.get $s${k})`).reduce((a, b) => `(f32x4.add ${a} ${b})`);
  return [
    '(module (func (export "chains") (param $rounds i32) (param $x f32) (result f32)',
    `  (local $b v128) ${all.map(k => `(local $s${k} v128)`).join(' ')}`,
    '  (local.set $b (f32x4.splat (local.get $x)))',
    ...all.map(k => `  (local.set $s${k} (f32x4.splat (f32.const ${k + 1})))`),
    '  (loop $next',
    ...all.map(step),
    '    (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))',
    `  (f32x4.extract_lane 0 ${total})))`,
  ].join('\n');
}

/** Flops per second of strict (or relaxed) multiply–adds. */
export async function measureRate(relaxed: boolean): Promise<number> {
  const bytes = await assemble('chains', chainText(relaxed), relaxed);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)));
  const run = exports['chains'] as (rounds: number, x: number) => number;
  const rounds = 20_000;
  const seconds = fastest(() => run(rounds, -1e-3));
  return (rounds * chains * 8) / seconds;
}

/** Bytes read and written per second by a copy of buffers larger than every cache. */
export function measureCopy(): number {
  const elements = 2 ** 23;
  const [from, to] = [new Float32Array(elements).fill(1), new Float32Array(elements)];
  return (elements * 8) / fastest(() => to.set(from));
}

function fastest(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 200; round++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}
