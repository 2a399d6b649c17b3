/** `@modelcontextprotocol/sdk` 1 with Express: sessions of Streamable HTTP, and HTTP+SSE. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { keepSessions, registerTools } from './sdk-tools.mjs';

const sessions = keepSessions(StreamableHTTPServerTransport, makeServer);
/** Streams of HTTP+SSE, by session. */
const streams = new Map();
const app = express();
app.use(express.json({ limit: '4mb' }));

function makeServer() {
  const server = new McpServer({ name: 'sdk1', version: '1.0.0' });
  registerTools(server, {
    tokenOf: (context) => context._meta.progressToken,
    notifyWith: (context, notification) => context.sendNotification(notification),
    announce: sessions.announce,
  });
  return server;
}

app.all('/mcp', async (request, response) => {
  const transport = await sessions.transportOf(request);
  if (transport) await transport.handleRequest(request, response, request.body);
  else response.status(404).end();
});

app.get('/sse', async (_request, response) => {
  const transport = new SSEServerTransport('/messages', response);
  streams.set(transport.sessionId, transport);
  response.on('close', () => streams.delete(transport.sessionId));
  await makeServer().connect(transport);
});

app.post('/messages', async (request, response) => {
  const transport = streams.get(request.query.sessionId);
  if (transport) await transport.handlePostMessage(request, response, request.body);
  else response.status(404).end();
});

const server = app.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
process.on('SIGTERM', () => process.exit(0));
