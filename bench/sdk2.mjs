/** `@modelcontextprotocol/server` 2 on `node:http`: sessions up to 2025-11-25 and, by its own handler, 2026-07-28. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { localhostHostValidation, localhostOriginValidation, NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { echoed, filler, schemasWith, STEPS } from './tools.mjs';

const fillers = Math.max(0, Number(process.env.TOOLS ?? 0) - 3);
const schemas = schemasWith(z);
const sessions = new Map();
const isHostServed = localhostHostValidation();
const isOriginAllowed = localhostOriginValidation();
const modern = toNodeHandler(createMcpHandler(makeServer, { legacy: 'reject' }));

function makeServer() {
  const server = new McpServer({ name: 'sdk2', version: '1.0.0' });
  server.registerTool('echo', { title: 'Echo', description: 'Sends a message back.', inputSchema: schemas.echoInput, outputSchema: schemas.echoOutput }, ({ message }) => {
    const structuredContent = echoed(message);
    return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
  });
  server.registerTool('repeat', { title: 'Repeat', description: 'Sends a text back.', inputSchema: schemas.repeatInput }, ({ text }) => ({ content: [{ type: 'text', text }] }));
  server.registerTool('count', { title: 'Count', description: 'Reports progress many times.' }, async (context) => {
    const { progressToken } = context.mcpReq._meta;
    for (let progress = 1; progress <= STEPS; progress++) {
      await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: STEPS } });
    }
    return { content: [{ type: 'text', text: 'counted' }] };
  });
  for (let index = 0; index < fillers; index++) {
    const { name, ...about } = filler(index);
    server.registerTool(name, { ...about, inputSchema: schemas.fillerInput }, () => ({ content: [] }));
  }
  return server;
}

async function serve(request, response) {
  if (!isHostServed(request, response) || !isOriginAllowed(request, response)) return;
  if (request.headers['mcp-protocol-version'] === '2026-07-28') return void await modern(request, response);
  const id = request.headers['mcp-session-id'];
  const transport = id === undefined ? await openSession(request) : sessions.get(id);
  if (transport) await transport.handleRequest(request, response);
  else response.writeHead(404).end();
}

// The faster of its two ways to answer a plain call is the one it is measured by; progress needs the other.
async function openSession(request) {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(), enableJsonResponse: !request.url.includes('stream'),
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await makeServer().connect(transport);
  return transport;
}

const server = createServer((request, response) => void serve(request, response));
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
process.on('SIGTERM', () => process.exit(0));
