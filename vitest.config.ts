import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Every server under test listens on port 0, so that files run side by side.
const project = (name: string, include: string[]) => ({
  extends: true as const,
  test: { name, include },
});

export default defineConfig({
  test: {
    environment: 'node',
    // One more than there are cores: many files wait for a clock, a heartbeat or another process most of their time.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    passWithNoTests: false,
    reporters: ['default', './scripts/count-reporter.ts'],
    projects: [
      project('unit', ['src/**/*.spec.ts', 'test/requirements.spec.ts']),
      project('http', ['test/http/**/*.spec.ts']),
      project('clients', ['test/clients/**/*.spec.ts']),
      project('contract', ['test/contract/**/*.spec.ts']),
      project('browser', ['test/browser/**/*.spec.ts']),
      project('attack', ['test/attack/**/*.spec.ts']),
      project('fault', ['test/fault/**/*.spec.ts']),
    ],
  },
});
