/** What the page uses of the module that build.ts generates from browser.sop; bundled, so only its types are needed. */
declare module '*/generated/browser.js' {
  type CreateOptions = import('../../runtime/index.ts').CreateOptions;
  type Operator = import('../../runtime/index.ts').Operator;
  type GpuCreateOptions = import('../../runtime/gpu.ts').GpuCreateOptions;
  type GpuOperator = import('../../runtime/gpu.ts').GpuOperator;

  export const createMonarch1k: (options: CreateOptions) => Promise<Operator>;
  export const createFull1k: (options: CreateOptions) => Promise<Operator>;
  export const createMonarch1kOnGpu: (options: GpuCreateOptions) => Promise<GpuOperator>;
  export const createFull1kOnGpu: (options: GpuCreateOptions) => Promise<GpuOperator>;
}
