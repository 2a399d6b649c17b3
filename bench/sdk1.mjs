/** `@modelcontextprotocol/sdk` 1 with Express: sessions of Streamable HTTP, and HTTP+SSE. */
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { registerTools } from './sdk-tools.mjs';

const sessions = new Map();
const servers = new Set();
const app = express();
app.use(express.json({ limit: '4mb' }));

function makeServer() {
  const server = new McpServer({ name: 'sdk1', version: '1.0.0' });
  registerTools(server, {
    tokenOf: (context) => context._meta.progressToken,
    notifyWith: (context, notification) => context.sendNotification(notification),
    announce: () => servers.forEach((each) => each.sendToolListChanged()),
  });
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
  const server = makeServer();
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(), enableJsonResponse: !request.url.includes('stream'),
    onsessioninitialized(id) {
      sessions.set(id, transport);
      servers.add(server);
    },
    onsessionclosed(id) {
      sessions.delete(id);
      servers.delete(server);
    },
  });
  await server.connect(transport);
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
