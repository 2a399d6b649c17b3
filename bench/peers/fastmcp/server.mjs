/** `fastmcp` as its manual shows it: HTTP streaming with sessions; plain answers as JSON, progress as a stream. */
import { FastMCP } from 'fastmcp';
import { z } from 'zod';
import { about, echoed, fillers, schemasWith, STEPS, toolCount } from '../../tools.mjs';
import { freePort } from '../free-port.mjs';

const schemas = schemasWith(z);
const server = new FastMCP({ name: 'fastmcp', version: '1.0.0' });

server.addTool({
  name: 'echo', description: about.echo.description, annotations: { title: about.echo.title }, parameters: schemas.echoInput,
  execute: ({ message }) => Promise.resolve(JSON.stringify(echoed(message))),
});
server.addTool({
  name: 'repeat', description: about.repeat.description, annotations: { title: about.repeat.title }, parameters: schemas.repeatInput,
  execute: ({ text }) => Promise.resolve(text),
});
server.addTool({
  name: 'count', description: about.count.description, annotations: { title: about.count.title },
  async execute(_arguments, { reportProgress }) {
    for (let progress = 1; progress <= STEPS; progress++) await reportProgress({ progress, total: STEPS });
    return 'counted';
  },
});
// Nothing tells its open sessions of a change: the tool only keeps the number of tools the same.
server.addTool({ name: 'announce', description: about.announce.description, execute: () => Promise.resolve('') });
for (const { name, title, description } of fillers(toolCount)) {
  server.addTool({ name, description, annotations: { title }, parameters: schemas.fillerInput, execute: () => Promise.resolve('') });
}

const port = await freePort();
await server.start({ transportType: 'httpStream', httpStream: { port, host: '127.0.0.1', enableJsonResponse: process.env.ANSWERS !== 'stream' } });
process.stdout.write(`http://127.0.0.1:${port}\n`);
process.on('SIGTERM', () => process.exit(0));
