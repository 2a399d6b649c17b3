/** Gatehouse as an application embeds it: the two tools that the other servers have too, and fillers up to 50 in all. */
import { z } from 'zod';
import { Catalogue, createGatehouse, loadSettings, ToolsModule } from '../dist/public-api.js';
import { filler, LISTED, schemasWith, STEPS } from './tools.mjs';

class BenchTools {}

const gatehouse = await createGatehouse({
  settings: loadSettings(),
  modules: [{
    module: BenchTools, imports: [ToolsModule],
    providers: [{ provide: BenchTools, inject: [Catalogue], useFactory: (catalogue) => ({ onApplicationBootstrap: () => offerTools(catalogue) }) }],
  }],
});
process.stdout.write(`${gatehouse.url}\n`);
process.on('SIGTERM', () => void gatehouse.close());

/** After every other module has offered its own, so that the number comes out right. */
function offerTools(catalogue) {
  const schemas = schemasWith(z);
  catalogue.addTool({ name: 'repeat', title: 'Repeat', description: 'Sends a text back.', inputSchema: schemas.repeatInput }, ({ text }) => text);
  catalogue.addTool({ name: 'count', title: 'Count', description: 'Reports progress many times.' }, (_arguments, context) => {
    for (let progress = 1; progress <= STEPS; progress++) context.progress(progress, STEPS);
    return 'counted';
  });
  for (let index = 0; catalogue.tools.all().length < LISTED; index++) {
    catalogue.addTool({ ...filler(index), inputSchema: schemas.fillerInput }, () => '');
  }
}
