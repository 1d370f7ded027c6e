import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/webgpu/install.ts'],
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
  },
});
