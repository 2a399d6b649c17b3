/** The bytes of the requests, as a client of each revision writes them. */

const DIGITS = 7;
const FIRST_ID = 10 ** (DIGITS - 1);
let lastId = FIRST_ID;

/** An id of fixed width, so that prepared heads keep their Content-Length. */
export function nextId() {
  if (++lastId >= 10 ** DIGITS) lastId = FIRST_ID;
  return lastId;
}

/** A POST with a body of its own. */
export function post(path, message, headers = {}) {
  const body = JSON.stringify(message);
  const lines = Object.entries({
    'Host': '127.0.0.1', 'Content-Type': 'application/json', 'Accept': 'application/json, text/event-stream',
    'Content-Length': Buffer.byteLength(body), ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** A request without a body. */
export function bare(method, path, headers = {}) {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A POST that is sent again and again: only its id is written anew. */
export function prepared(path, message, headers) {
  const mark = '"id":0';
  const text = post(path, { jsonrpc: '2.0', id: 0, ...message }, headers);
  const at = text.lastIndexOf(mark) + mark.length - 1;
  const before = text.slice(0, at).replace(/Content-Length: (\d+)/, (_line, length) => `Content-Length: ${Number(length) + DIGITS - 1}`);
  const after = text.slice(at + 1);
  return (id) => before + id + after;
}

const clientInfo = { name: 'gatehouse-bench', version: '1.0.0' };

/** The first message of a session. */
export function initialize(revision) {
  return { jsonrpc: '2.0', id: nextId(), method: 'initialize', params: { protocolVersion: revision, capabilities: {}, clientInfo } };
}

export const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** The headers of a session's messages; the revision travels along since 2025-06-18. */
export function sessionHeaders(revision, session) {
  return { 'Mcp-Session-Id': session, ...(revision >= '2025-06-18' ? { 'MCP-Protocol-Version': revision } : {}) };
}

/** A message of 2026-07-28 with the headers that mirror it. */
export function selfContained({ method, params = {} }) {
  const headers = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': method, ...(params.name ? { 'Mcp-Name': params.name } : {}) };
  const _meta = {
    ...params._meta,
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': clientInfo,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return { headers, message: { method, params: { ...params, _meta } } };
}
