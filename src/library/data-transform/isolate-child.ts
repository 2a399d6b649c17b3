/** The process of one transformation: takes one request, tells progress and the outcome, and ends with its parent. */
import * as modules from 'node:module';
import type { ChildMessage } from './isolate.js';
import type { TransformRequest } from './request.js';

// Tests run from source, where Node strips types but finds no .ts file under the name .js.
if (import.meta.url.endsWith('.ts')) {
  modules.registerHooks({
    resolve: (specifier, context, next) =>
      next(context.parentURL?.endsWith('.ts') ? specifier.replace(/^(\..*)\.js$/, '$1.ts') : specifier, context),
  });
}

process.once('disconnect', () => process.exit());
process.once('message', (request: TransformRequest) => void run(request).then(tell));

async function run(request: TransformRequest): Promise<ChildMessage> {
  const { DataFault } = await import('./rejections.js');
  const { transform } = await import('./pipeline.js');
  try {
    return { kind: 'done', result: await transform(request, (percent, stage) => tell({ kind: 'progress', percent, stage })) };
  } catch (error) {
    if (error instanceof DataFault) return { kind: 'refused', message: error.message };
    return { kind: 'failed', detail: error instanceof Error ? String(error.stack) : String(error) };
  }
}

function tell(message: ChildMessage): void {
  process.send?.(message);
}
