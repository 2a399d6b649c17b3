/** The yardstick: `node:http` that parses a JSON body and answers a fixed JSON-RPC result. It knows nothing of MCP. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { z } from 'zod';
import { echoed, filler, LISTED, MESSAGE, schemasWith, STEPS } from './tools.mjs';

const structuredContent = echoed(MESSAGE);
const echo = JSON.stringify({ content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent });
const initialized = JSON.stringify({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'bare', version: '1.0.0' } });
const inputSchema = z.toJSONSchema(schemasWith(z).fillerInput);
const tools = JSON.stringify({ tools: Array.from({ length: LISTED }, (_, index) => ({ ...filler(index), inputSchema })) });
const sessions = new Set();
const streams = new Map();

const server = createServer((request, response) => {
  const [path, query] = request.url.split('?');
  if (request.method === 'GET') return openStream(response);
  if (request.method === 'DELETE') {
    sessions.delete(request.headers['mcp-session-id']);
    return void response.writeHead(204).end();
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const message = JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    if (path === '/messages') {
      response.writeHead(202, ['Content-Length', '0']).end();
      if (message.id !== undefined) streams.get(query)?.write(`event: message\ndata: ${envelope(message, resultOf(message))}\n\n`);
    } else if (message.id === undefined) response.writeHead(202, ['Content-Length', '0']).end();
    else if (message.params?.name === 'count') countTo(response, message);
    else answer(response, message);
  });
});

function answer(response, message) {
  const body = envelope(message, resultOf(message));
  const headers = ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))];
  if (message.method === 'initialize') {
    const id = randomUUID();
    sessions.add(id);
    headers.push('Mcp-Session-Id', id);
  }
  response.writeHead(200, headers).end(body);
}

function resultOf({ method, params }) {
  if (method === 'initialize') return initialized;
  if (method === 'tools/list') return tools;
  if (params.name === 'repeat') return JSON.stringify({ content: [{ type: 'text', text: params.arguments.text }] });
  return echo;
}

function countTo(response, message) {
  response.writeHead(200, ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-cache']);
  const { progressToken } = message.params._meta;
  for (let progress = 1; progress <= STEPS; progress++) {
    const params = { progressToken, progress, total: STEPS };
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`);
  }
  response.end(`data: ${envelope(message, '{"content":[{"type":"text","text":"counted"}]}')}\n\n`);
}

function openStream(response) {
  const id = randomUUID();
  streams.set(id, response);
  response.on('close', () => streams.delete(id));
  response.writeHead(200, ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-cache']);
  response.write(`event: endpoint\ndata: /messages?${id}\n\n`);
}

function envelope({ id }, result) {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
process.on('SIGTERM', () => process.exit(0));
