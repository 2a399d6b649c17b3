/** `@modelcontextprotocol/sdk` 1 with Express: sessions of Streamable HTTP, and HTTP+SSE. */
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { z } from 'zod';
import { echoed, filler, schemasWith, STEPS } from './tools.mjs';

const fillers = Math.max(0, Number(process.env.TOOLS ?? 0) - 3);
const schemas = schemasWith(z);
const sessions = new Map();
const app = express();
app.use(express.json({ limit: '4mb' }));

function makeServer() {
  const server = new McpServer({ name: 'sdk1', version: '1.0.0' });
  server.registerTool('echo', { title: 'Echo', description: 'Sends a message back.', inputSchema: schemas.echoInput, outputSchema: schemas.echoOutput }, ({ message }) => {
    const structuredContent = echoed(message);
    return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
  });
  server.registerTool('repeat', { title: 'Repeat', description: 'Sends a text back.', inputSchema: schemas.repeatInput }, ({ text }) => ({ content: [{ type: 'text', text }] }));
  server.registerTool('count', { title: 'Count', description: 'Reports progress many times.' }, async (context) => {
    const { progressToken } = context._meta;
    for (let progress = 1; progress <= STEPS; progress++) {
      await context.sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: STEPS } });
    }
    return { content: [{ type: 'text', text: 'counted' }] };
  });
  for (let index = 0; index < fillers; index++) {
    const { name, ...about } = filler(index);
    server.registerTool(name, { ...about, inputSchema: schemas.fillerInput }, () => ({ content: [] }));
  }
  return server;
}

app.all('/mcp', async (request, response) => {
  const id = request.headers['mcp-session-id'];
  const transport = id === undefined ? await openSession(request) : sessions.get(id);
  if (transport) await transport.handleRequest(request, response, request.body);
  else response.status(404).end();
});

// The faster of its two ways to answer a plain call is the one it is measured by; progress needs the other.
async function openSession(request) {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(), enableJsonResponse: !request.url.includes('stream'),
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await makeServer().connect(transport);
  return transport;
}

app.get('/sse', async (_request, response) => {
  const transport = new SSEServerTransport('/messages', response);
  sessions.set(transport.sessionId, transport);
  response.on('close', () => sessions.delete(transport.sessionId));
  await makeServer().connect(transport);
});

app.post('/messages', async (request, response) => {
  const transport = sessions.get(request.query.sessionId);
  if (transport) await transport.handlePostMessage(request, response, request.body);
  else response.status(404).end();
});

const server = app.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
process.on('SIGTERM', () => process.exit(0));
