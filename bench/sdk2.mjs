/** `@modelcontextprotocol/server` 2 on `node:http`: sessions up to 2025-11-25 and, by its own handler, 2026-07-28. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { localhostHostValidation, localhostOriginValidation, NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { registerTools } from './sdk-tools.mjs';

// Its manual lets it read the body by itself on node:http; given one that is parsed, as it comes from Express, it is much faster.
const isParsedBefore = process.env.BODY === 'parsed';
const sessions = new Map();
const servers = new Set();
const isHostServed = localhostHostValidation();
const isOriginAllowed = localhostOriginValidation();
const modern = toNodeHandler(createMcpHandler(makeServer, { legacy: 'reject' }));

function makeServer() {
  const server = new McpServer({ name: 'sdk2', version: '1.0.0' });
  registerTools(server, {
    tokenOf: (context) => context.mcpReq._meta.progressToken,
    notifyWith: (context, notification) => context.mcpReq.notify(notification),
    announce: () => servers.forEach((each) => each.sendToolListChanged()),
  });
  return server;
}

async function serve(request, response) {
  if (!isHostServed(request, response) || !isOriginAllowed(request, response)) return;
  const body = isParsedBefore && request.method === 'POST' ? JSON.parse(await bodyOf(request)) : undefined;
  if (request.headers['mcp-protocol-version'] === '2026-07-28') return void await modern(request, response, body);
  const id = request.headers['mcp-session-id'];
  const transport = id === undefined ? await openSession(request) : sessions.get(id);
  if (transport) await transport.handleRequest(request, response, body);
  else response.writeHead(404).end();
}

function bodyOf(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', reject);
  });
}

// The faster of its two ways to answer a plain call is the one it is measured by; progress needs the other.
async function openSession(request) {
  const server = makeServer();
  const transport = new NodeStreamableHTTPServerTransport({
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

const server = createServer((request, response) => void serve(request, response));
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
process.on('SIGTERM', () => process.exit(0));
