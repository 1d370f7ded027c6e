/**
 * How well does one Monarch factor approximate what it is said to replace? Relative Frobenius error of the
 * projection, beside the best low-rank pair with as many weights (rank √n). Hadamard is a Monarch matrix; a
 * random circulant is approximated no better than by low rank: a convolution needs the product M M*.
 *
 *   node examples/monarch/projectionTable.ts 16 64 256 1024      (1024 takes a minute)
 */
import { frobenius, type Matrix } from '../host/matrix.ts';
import { seeded } from '../host/random.ts';
import { lowRankError, project } from './project.ts';
import { circulant, cosineTransform, gaussian, hadamard, toeplitz } from './transforms.ts';

export interface ProjectionErrors {
  readonly hadamard: number;
  readonly cosine: number;
  readonly circulant: number;
  readonly toeplitz: number;
  readonly gaussian: number;
  readonly lowRank: number;
}

export const relativeError = (M: Matrix): number => project(M).error / frobenius(M.data);

/** One row of the table; the last four columns are one random draw. */
export function projectionErrors(n: number, seed: number): ProjectionErrors {
  const random = seeded(seed);
  const dense = gaussian(n, random);
  return {
    hadamard: relativeError(hadamard(n)),
    cosine: relativeError(cosineTransform(n)),
    circulant: relativeError(circulant(n, random)),
    toeplitz: relativeError(toeplitz(n, random)),
    gaussian: relativeError(dense),
    lowRank: lowRankError(dense, Math.sqrt(n)),
  };
}

const digits = (value: number): string => (value < 1e-3 ? value.toExponential(0) : value.toFixed(4));

export function printProjectionTable(sizes: readonly number[], seed = 1): void {
  console.log('     n  Hadamard  DCT-II  circulant  Toeplitz  Gaussian  low rank');
  for (const n of sizes) {
    const errors = projectionErrors(n, seed);
    const columns = [errors.hadamard, errors.cosine, errors.circulant, errors.toeplitz, errors.gaussian];
    const widths = [10, 8, 11, 10, 10];
    const text = columns.map((value, c) => digits(value).padStart(widths[c] ?? 0)).join('');
    console.log(`${String(n).padStart(6)}${text}${digits(errors.lowRank).padStart(10)}`);
  }
}

if (import.meta.main) printProjectionTable(process.argv.slice(2).map(Number));
