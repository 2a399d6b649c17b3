/** `mcp-framework` as its manual shows it: a class for each tool, HTTP Stream transport in its faster mode, batch. */
import { MCPServer, MCPTool } from 'mcp-framework';
import { z } from 'zod';
import { about, echoed, fillers, schemasWith, STEPS, toolCount } from '../../tools.mjs';
import { freePort } from '../free-port.mjs';

const schemas = schemasWith(z);
const port = await freePort();
const server = new MCPServer({
  name: 'mcp-framework', version: '1.0.0', basePath: import.meta.dirname,
  transport: { type: 'http-stream', options: { port, responseMode: 'batch' } },
});

server.addTool(class extends MCPTool {
  name = 'echo';
  title = about.echo.title;
  description = about.echo.description;
  schema = schemas.echoInput;
  outputSchemaShape = schemas.echoOutput;

  execute({ message }) {
    return Promise.resolve(echoed(message));
  }
});
server.addTool(class extends MCPTool {
  name = 'repeat';
  title = about.repeat.title;
  description = about.repeat.description;
  schema = schemas.repeatInput;

  execute({ text }) {
    return Promise.resolve(text);
  }
});
server.addTool(class extends MCPTool {
  name = 'count';
  title = about.count.title;
  description = about.count.description;
  schema = z.object({});

  async execute() {
    for (let progress = 1; progress <= STEPS; progress++) await this.reportProgress(progress, STEPS);
    return 'counted';
  }
});
// Nothing tells its open sessions of a change: the tool only keeps the number of tools the same.
server.addTool(class extends MCPTool {
  name = 'announce';
  title = about.announce.title;
  description = about.announce.description;
  schema = z.object({});

  execute() {
    return Promise.resolve('');
  }
});
for (const { name, title, description } of fillers(toolCount)) {
  server.addTool(class extends MCPTool {
    name = name;
    title = title;
    description = description;
    schema = schemas.fillerInput;

    execute() {
      return Promise.resolve('');
    }
  });
}

// It resolves only when the server is shut down, so listening is found out by asking.
void server.start();
for (;;) {
  const isUp = await fetch(`http://127.0.0.1:${port}/health`).then(({ ok }) => ok, () => false);
  if (isUp) break;
  await new Promise((resolve) => setTimeout(resolve, 2));
}
process.stdout.write(`http://127.0.0.1:${port}\n`);
process.on('SIGTERM', () => process.exit(0));
