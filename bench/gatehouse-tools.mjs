/** Gatehouse as an application embeds it, with the tools that the other servers have too and no others. */
import { z } from 'zod';
import { Catalogue, createGatehouse, loadSettings, ToolsModule } from '../dist/public-api.js';
import { about, fillers, schemasWith, STEPS, toolCount, workTools } from './tools.mjs';

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

/** After every other module has offered its own, so that only `echo` is left of them. */
function offerTools(catalogue) {
  for (const { key } of catalogue.tools.all()) if (key !== 'echo') catalogue.tools.delete(key);
  const schemas = schemasWith(z);
  const offers = {
    repeat: () => catalogue.addTool({ name: 'repeat', ...about.repeat, inputSchema: schemas.repeatInput }, ({ text }) => text),
    count: () => catalogue.addTool({ name: 'count', ...about.count }, (_arguments, context) => {
      for (let progress = 1; progress <= STEPS; progress++) context.progress(progress, STEPS);
      return 'counted';
    }),
    announce() {
      const registration = catalogue.addTool({ name: 'announce', ...about.announce }, () => {
        registration.update({ description: about.announce.description });
        return 'announced';
      });
    },
  };
  for (const name of workTools(toolCount)) offers[name]?.();
  for (const filler of fillers(toolCount)) catalogue.addTool({ ...filler, inputSchema: schemas.fillerInput }, () => '');
}
