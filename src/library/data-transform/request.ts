/** The arguments and the result of `data_transform`, as a model reads them. */
import { z } from 'zod';
import { limits } from './limits.js';

const format = z.enum(['csv', 'ndjson', 'json', 'yaml']);
const column = z.string().min(1, 'a column name must not be empty').max(limits.columnNameChars);
const columns = z.array(column).max(limits.columns);
const expression = z.string().regex(/\S/, 'an expression must not be blank').max(limits.expressionChars);
const as = column.optional().describe('Name of the new column; by default the function and the column, "sum_amount".');

const measure = z.discriminatedUnion('fn', [
  z.strictObject({ fn: z.literal('count'), column: column.optional(), as })
    .describe('Counts rows, or the values present in a column.'),
  z.strictObject({ fn: z.enum(['sum', 'avg', 'min', 'max']), column, as })
    .describe('Null, absent and empty values are passed over.'),
]);

const stage = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('select'), columns: columns.min(1) })
    .describe('Keeps these columns, in this order.'),
  z.strictObject({ op: z.literal('filter'), expression })
    .describe('Keeps the rows for which the JSONata expression is true: `amount > 100 and country = "DE"`.'),
  z.strictObject({ op: z.literal('map'), expression })
    .describe('Replaces each row by what the JSONata expression makes of it, an object or a list of objects.'),
  z.strictObject({ op: z.literal('aggregate'), by: columns.default([]), values: z.array(measure).min(1).max(50) })
    .describe('One row per combination of the `by` columns; one row in all where `by` is empty.'),
  z.strictObject({ op: z.literal('reduce'), expression })
    .describe('One JSONata expression over the list of all rows: `{ "total": $sum(amount) }`.'),
  z.strictObject({
    op: z.literal('sort'),
    by: z.array(z.strictObject({ column, descending: z.boolean().default(false) })).min(1).max(20),
  }).describe('Numbers before text, nulls last; equal rows keep their order.'),
  z.strictObject({ op: z.literal('limit'), count: z.int().min(0).max(limits.rows), offset: z.int().min(0).max(limits.rows).default(0) })
    .describe('Keeps `count` rows after skipping `offset`.'),
]);

/** What a caller sends. */
export const transformInput = z.strictObject({
  data: z.string().regex(/\S/, 'data must not be blank').max(limits.textChars).describe('The input, as text.'),
  inputFormat: format.default('json').describe(
    'csv: the first row names the columns. ndjson: one object per line. json, yaml: a list of objects, or one object. '
    + 'csv and ndjson are read piece by piece; json and yaml in one go.'),
  outputFormat: format.optional().describe('By default the same as the input.'),
  delimiter: z.enum([',', ';', '\t', '|']).default(',').describe('Between the cells of CSV, in and out.'),
  types: z.enum(['infer', 'text']).default('infer').describe(
    'CSV only. infer: a column whose every cell is a plain number, or true or false, becomes one; "19.90" is then '
    + 'written as 19.9, while "00123" and numbers of more digits than a double holds stay text. text: cells stay as written.'),
  stages: z.array(stage).max(limits.stages).default([]).describe('Applied in order.'),
  onError: z.enum(['fail', 'skip']).default('fail').describe('What a bad row does: end the call, or be left out and reported.'),
}).describe('A table and what to do with it.');

/** What a caller gets. */
export const transformOutput = z.object({
  transformed: z.string().describe('The output, as text.'),
  records: z.int().describe('Rows in the output.'),
  read: z.int().describe('Rows read from the input.'),
  format: format.describe('The format of `transformed`.'),
  schema: z.array(z.object({
    name: z.string(),
    types: z.array(z.enum(['integer', 'number', 'string', 'boolean', 'object', 'array'])),
    nullable: z.boolean().describe('True when the value is null or absent in some row.'),
    values: z.int().describe('Rows with a value.'),
    examples: z.array(z.string()).describe('The first different values, shortened.'),
  })).describe('The columns of the output.'),
  rejected: z.object({
    count: z.int(),
    rows: z.array(z.object({ row: z.int(), stage: z.string(), reason: z.string() }))
      .describe(`The first ${limits.namedRejections} of them.`),
  }).describe('Rows left out because of an error.'),
});

/** The arguments after validation, defaults filled in. */
export type TransformRequest = z.output<typeof transformInput>;
/** The result; it meets {@link transformOutput}. */
export type TransformResult = z.output<typeof transformOutput>;
/** The languages a table is read from and written to. */
export type Format = z.output<typeof format>;
/** One step of the pipeline. */
export type Stage = z.output<typeof stage>;
/** The step of one kind. */
export type StageOf<Op extends Stage['op']> = Extract<Stage, { op: Op }>;
/** One value an aggregation computes. */
export type Measure = z.output<typeof measure>;
