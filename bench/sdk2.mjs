/** `@modelcontextprotocol/server` 2 on `node:http`: sessions up to 2025-11-25 and, by its own handler, 2026-07-28. */
import { createServer } from 'node:http';
import { localhostHostValidation, localhostOriginValidation, NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { keepSessions, registerTools } from './sdk-tools.mjs';

// Its manual lets it read the body by itself on node:http; given one that is parsed, as it comes from Express, it is much faster.
const isParsedBefore = process.env.BODY === 'parsed';
const sessions = keepSessions(NodeStreamableHTTPServerTransport, makeServer);
const isHostServed = localhostHostValidation();
const isOriginAllowed = localhostOriginValidation();
const modern = toNodeHandler(createMcpHandler(makeServer, { legacy: 'reject' }));

function makeServer() {
  const server = new McpServer({ name: 'sdk2', version: '1.0.0' });
  registerTools(server, {
    tokenOf: (context) => context.mcpReq._meta.progressToken,
    notifyWith: (context, notification) => context.mcpReq.notify(notification),
    announce: sessions.announce,
  });
  return server;
}

async function serve(request, response) {
  if (!isHostServed(request, response) || !isOriginAllowed(request, response)) return;
  const body = isParsedBefore && request.method === 'POST' ? JSON.parse(await bodyOf(request)) : undefined;
  if (request.headers['mcp-protocol-version'] === '2026-07-28') return void await modern(request, response, body);
  const transport = await sessions.transportOf(request);
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

const server = createServer((request, response) => void serve(request, response));
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
process.on('SIGTERM', () => process.exit(0));
