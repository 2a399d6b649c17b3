/** The yardstick: `node:http` that parses a JSON body and answers a fixed JSON-RPC result. It knows nothing of MCP. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { z } from 'zod';
import { about, echoed, fillers, MESSAGE, schemasWith, STEPS, toolCount, workTools } from './tools.mjs';

const EVENT_STREAM = ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-cache'];

const text = (value) => JSON.stringify({ content: [{ type: 'text', text: value }] });
const structuredContent = echoed(MESSAGE);
const echo = JSON.stringify({ content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent });
const initialized = JSON.stringify({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'bare', version: '1.0.0' } });
const tools = JSON.stringify({ tools: listedTools() });
const changed = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })}\n\n`;
const sessions = new Set();
const streams = new Map();

const server = createServer((request, response) => {
  const [path, query] = request.url.split('?');
  if (request.method === 'GET') return openStream(path, response);
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
  if (params.name === 'repeat') return text(params.arguments.text);
  if (params.name !== 'announce') return echo;
  for (const stream of streams.values()) stream.write(changed);
  return text('announced');
}

function countTo(response, message) {
  response.writeHead(200, EVENT_STREAM);
  const { progressToken } = message.params._meta;
  for (let progress = 1; progress <= STEPS; progress++) {
    const params = { progressToken, progress, total: STEPS };
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`);
  }
  response.end(`data: ${envelope(message, text('counted'))}\n\n`);
}

function openStream(path, response) {
  const id = randomUUID();
  streams.set(id, response);
  response.on('close', () => streams.delete(id));
  response.writeHead(200, EVENT_STREAM);
  response.write(path === '/sse' ? `event: endpoint\ndata: /messages?${id}\n\n` : ': open\n\n');
}

function envelope({ id }, result) {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

function listedTools() {
  const schemas = schemasWith(z);
  const schemaOf = { echo: schemas.echoInput, repeat: schemas.repeatInput };
  const work = workTools(toolCount).map((name) => ({ name, ...about[name], inputSchema: z.toJSONSchema(schemaOf[name] ?? z.object({})) }));
  Object.assign(work[0], { outputSchema: z.toJSONSchema(schemas.echoOutput) });
  const inputSchema = z.toJSONSchema(schemas.fillerInput);
  return [...work, ...fillers(toolCount).map((filler) => ({ ...filler, inputSchema }))];
}

server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
process.on('SIGTERM', () => process.exit(0));
