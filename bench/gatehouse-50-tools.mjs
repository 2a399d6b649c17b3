/** Gatehouse as an application embeds it: its own tools, the two that the other servers have too, and fillers up to 50. */
import { Catalogue, createGatehouse, loadSettings } from '../dist/public-api.js';
import { z } from 'zod';
import { filler, LISTED, schemasWith, STEPS } from './tools.mjs';

const schemas = schemasWith(z);

/** Tools need no class of their own: a module may offer them once the catalogue is there. */
class BenchTools {
  static inject = [Catalogue];
}

const gatehouse = await createGatehouse({
  settings: loadSettings(),
  modules: [{ module: BenchTools }],
});
const catalogue = gatehouse.app.get(Catalogue);
catalogue.addTool({ name: 'repeat', title: 'Repeat', description: 'Sends a text back.', inputSchema: schemas.repeatInput }, ({ text }) => text);
catalogue.addTool({ name: 'count', title: 'Count', description: 'Reports progress many times.' }, (_arguments, context) => {
  for (let progress = 1; progress <= STEPS; progress++) context.progress(progress, STEPS);
  return 'counted';
});
for (let index = 0; catalogue.tools.all().length < LISTED; index++) {
  catalogue.addTool({ ...filler(index), inputSchema: schemas.fillerInput }, () => '');
}
process.stdout.write(`${gatehouse.url}\n`);
process.on('SIGTERM', () => void gatehouse.close());
