/** Offers the transformation of tables as a tool. */
import { Injectable } from '@nestjs/common';
import type { ToolContext } from '../../tools/context.js';
import { Tool } from '../../tools/decorators.js';
import { ToolError } from '../../tools/tool-error.js';
import { runIsolated } from './isolate.js';
import { limits } from './limits.js';
import { DataFault } from './rejections.js';
import { transformInput, transformOutput } from './request.js';
import type { TransformRequest, TransformResult } from './request.js';
import { Turns } from './turns.js';

/** Reads CSV, NDJSON, JSON or YAML, takes the rows through stages, and writes any of the four. */
@Injectable()
export class DataTransform {
  readonly #turns = new Turns(limits.running, limits.waiting);

  /** Runs one request in a process of its own; waits in line while too many others run. */
  @Tool({
    name: 'data_transform', title: 'Transform data', inputSchema: transformInput, outputSchema: transformOutput,
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    description: 'Converts a table between CSV, NDJSON, JSON and YAML, and selects, filters, maps, aggregates, sorts or '
      + 'limits its rows on the way (expressions in JSONata). Also describes the columns. Works on the text you send; stores nothing.',
  })
  async transform(request: TransformRequest, context: ToolContext): Promise<TransformResult> {
    const leave = await this.#turns.take(context.signal);
    if (!leave) throw new ToolError('Too many transformations are waiting; try again shortly.');
    try {
      return await runIsolated(request, (percent, stage) => context.progress(percent, 100, stage), context.signal);
    } catch (error) {
      throw error instanceof DataFault ? new ToolError(error.message, { cause: error }) : error;
    } finally {
      leave();
    }
  }
}
