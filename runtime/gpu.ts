/** What generated modules import for WebGPU, and the types their users name; apart, so that others need none of it. */
export {
  createModuleOnGpu,
  createOperatorOnGpu,
  type GpuCall,
  type GpuCreateOptions,
  type GpuModuleInstance,
  type GpuOperator,
  type GpuOptionsFor,
} from './gpuCreate.ts';
export type { GpuVector, HalfArray } from './gpuFormat.ts';
export type { GpuRows } from './gpuOperator.ts';
