/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['src/protocol/**/*.ts', 'src/tools/dispatcher.ts', 'src/tools/methods/*.ts', 'src/tools/execution/*.ts', '!src/**/*.spec.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'mutation/vitest.config.mjs' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 10_000,
  // With --incremental, tables that are made at import want --force --mutate <file> beside it: new tests of them are not seen.
  incrementalFile: 'mutation/reports/incremental.json',
  tempDirName: 'mutation/.sandbox',
  ignorePatterns: ['/.ci', '/bench', '/config', '/data', '/dist*', '/docs', '/mutation/reports'],
  reporters: ['clear-text', 'progress', 'json', 'html'],
  jsonReporter: { fileName: 'mutation/reports/mutation.json' },
  htmlReporter: { fileName: 'mutation/reports/mutation.html' },
  thresholds: { high: 95, low: 85, break: 85 },
};
