/** The unit specs that speak to the mutated files, and nothing that needs a socket or a process. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['src/protocol/**/*.spec.ts', 'src/tools/**/*.spec.ts'],
    testTimeout: 20_000,
    restoreMocks: true,
    setupFiles: ['mutation/fixed-seed.mjs'],
  },
});
