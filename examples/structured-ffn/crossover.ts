/**
 * When is a structured layer worth keeping factored? For t tokens a kernel takes about launch + max(bytes /
 * bandwidth, flops / peak). Factors cost fewer flops and weight bytes; run as two kernels they cost one
 * launch more, and the intermediate goes to memory and back. Merged into one matrix they win while tokens
 * are few. Fused into one kernel the factors pay neither, and win from the first token on.
 */

/** Data of a device, to be measured; bytes per number of the weights and activations. */
export interface Device {
  readonly name: string;
  readonly launchSeconds: number;
  readonly bytesPerSecond: number;
  readonly flopsPerSecond: number;
  readonly bytesPerNumber: number;
}

/** Round figures of one H100-class GPU in half precision. */
export const acceleratorHalf: Device = {
  name: 'GPU, f16',
  launchSeconds: 4e-6,
  bytesPerSecond: 3e12,
  flopsPerSecond: 6e14,
  bytesPerNumber: 2,
};

/** One factor as a matrix-vector product: its weights, and how many numbers go in and out for a token. */
export interface Factor {
  readonly weights: number;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Seconds of one kernel that runs `factors` back to back: only the first input and the last output touch
 * memory.
 */
export function kernelSeconds(device: Device, factors: readonly Factor[], tokens: number): number {
  const weights = factors.reduce((sum, each) => sum + each.weights, 0);
  const activations = tokens * ((factors[0]?.inputs ?? 0) + (factors.at(-1)?.outputs ?? 0));
  const bytes = (weights + activations) * device.bytesPerNumber;
  const flops = 2 * tokens * weights;
  return device.launchSeconds + Math.max(bytes / device.bytesPerSecond, flops / device.flopsPerSecond);
}

export interface Timing {
  readonly merged: number;
  /** A kernel for each factor. */
  readonly separate: number;
  /** One kernel for all factors. */
  readonly fused: number;
}

export function timing(device: Device, factors: readonly Factor[], tokens: number): Timing {
  const [inputs, outputs] = [factors[0]?.inputs ?? 0, factors.at(-1)?.outputs ?? 0];
  const dense = { weights: inputs * outputs, inputs, outputs };
  return {
    merged: kernelSeconds(device, [dense], tokens),
    separate: factors.reduce((sum, factor) => sum + kernelSeconds(device, [factor], tokens), 0),
    fused: kernelSeconds(device, factors, tokens),
  };
}

/** The least count of tokens from which two kernels beat the merged matrix, if any up to `limit` does. */
export function crossover(device: Device, factors: readonly Factor[], limit = 2 ** 16): number | undefined {
  for (let tokens = 1; tokens <= limit; tokens++) {
    const { merged, separate } = timing(device, factors, tokens);
    if (separate < merged) return tokens;
  }
  return undefined;
}
