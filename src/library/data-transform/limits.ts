/** How much one transformation may take. Fixed on purpose: whoever needs more needs a database. */
export const limits = {
  /** Characters of text in, and again of text out. */
  textChars: 16 * 1024 * 1024,
  /** YAML costs about fifty times what JSON does, in time and in memory. */
  yamlChars: 2 * 1024 * 1024,
  rows: 250_000,
  columns: 500,
  columnNameChars: 200,
  /** One CSV record or NDJSON line. */
  recordChars: 1024 * 1024,
  /** How deep a value may nest. */
  depth: 64,
  stages: 20,
  expressionChars: 4_000,
  expressionStack: 300,
  /** One expression on one row. */
  rowExpressionMs: 1_000,
  rowExpressionItems: 100_000,
  /** One expression on all rows together. */
  tableExpressionMs: 5_000,
  /** Skipped rows that are named one by one; the rest is only counted. */
  namedRejections: 20,
  examples: 3,
  exampleChars: 60,
  /** A process that reports nothing for so long is stuck in code that cannot be interrupted from inside. */
  silentMs: 10_000,
  heapMegabytes: 256,
  /** Transformations that run side by side, and that may wait for their turn. */
  running: 2,
  waiting: 32,
} as const;
