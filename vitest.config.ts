import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/webgpu/install.ts'],
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    // The default leaves one processor free, which on a machine with two is half of it.
    maxWorkers: availableParallelism(),
  },
});
