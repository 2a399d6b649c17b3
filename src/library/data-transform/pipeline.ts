/** One transformation from text to text: load, apply each stage, describe, write. Knows nothing of threads. */
import { aggregate } from './aggregate.js';
import { ProgressTrack } from './progress-track.js';
import type { Advance, Report } from './progress-track.js';
import { readCsv } from './read-csv.js';
import { readJson, readNdjson, readYaml } from './read-documents.js';
import { Rejections } from './rejections.js';
import type { Stage, TransformRequest, TransformResult } from './request.js';
import { filter, map, select } from './row-stages.js';
import type { Table } from './row.js';
import { limit, reduce, sort } from './table-stages.js';
import { writeTable } from './write-table.js';
import { summarize } from './column-summary.js';

/** Where loading ends (the brief's own number), the stages end, and writing ends. */
const percent = { loaded: 25, staged: 90, written: 100 };

/** Carries out a request. Throws `DataFault` for whatever the caller can mend. */
export async function transform(request: TransformRequest, report: Report): Promise<TransformResult> {
  const track = new ProgressTrack(report);
  const rejections = new Rejections(request.onError);
  const loading = track.span('loading', 0, percent.loaded);
  let table = await load(request, rejections, loading);
  loading(1);
  const read = table.entries.length;
  const share = (percent.staged - percent.loaded) / request.stages.length;
  for (const [index, stage] of request.stages.entries()) {
    const from = percent.loaded + index * share;
    const advance = track.span(stage.op, from, from + share);
    table = await apply(stage, table, rejections, advance);
    advance(1);
  }
  const format = request.outputFormat ?? request.inputFormat;
  const writing = track.span('writing', percent.staged, percent.written);
  const transformed = writeTable(table, format, request.delimiter, writing);
  const schema = summarize(table);
  writing(1);
  return { transformed, records: table.entries.length, read, format, schema, rejected: rejections.report() };
}

async function load(request: TransformRequest, rejections: Rejections, advance: Advance): Promise<Table> {
  switch (request.inputFormat) {
    case 'csv': return await readCsv(request.data, request, rejections, advance);
    case 'ndjson': return readNdjson(unmarked(request.data), rejections, advance);
    case 'json': return readJson(unmarked(request.data), rejections, advance);
    case 'yaml': return readYaml(unmarked(request.data), rejections, advance);
  }
}

async function apply(stage: Stage, table: Table, rejections: Rejections, advance: Advance): Promise<Table> {
  switch (stage.op) {
    case 'select': return select(table, stage);
    case 'filter': return await filter(table, stage, rejections, advance);
    case 'map': return await map(table, stage, rejections, advance);
    case 'aggregate': return aggregate(table, stage, rejections, advance);
    case 'reduce': return await reduce(table, stage);
    case 'sort': return sort(table, stage);
    case 'limit': return limit(table, stage);
  }
}

/** Without the byte order mark some editors put in front. */
function unmarked(text: string): string {
  return text.replace(/^\uFEFF/, '');
}
