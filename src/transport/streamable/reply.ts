/** Writes whole answers to a response: JSON bodies, faults, and nothing at all. */
import type { ServerResponse } from 'node:http';
import type { Fault } from '../../protocol/faults.js';
import { encodeFault } from '../encode.js';

const JSON_HEADERS = ['Content-Type', 'application/json', 'Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff', 'Content-Length'] as const;

// What fits into the buffers of a connection needs no deadline: the kernel has it at once.
const SMALL = 16 * 1024;

/** Sends JSON text; a reader who takes nothing of it for `stallMs` is cut. */
export function sendJson(response: ServerResponse, status: number, body: string, headers: readonly string[] = [], stallMs?: number): void {
  const length = Buffer.byteLength(body);
  // Text of one byte a character needs no encoding: Latin-1 copies it as it is.
  const encoding = length === body.length ? 'latin1' : 'utf8';
  response.writeHead(status, [...JSON_HEADERS, String(length), ...headers]);
  if (length <= SMALL) return void response.end(body, encoding);
  if (stallMs !== undefined) response.setTimeout(stallMs, () => response.destroy());
  // Node would join a text with its head, which copies it once more.
  response.end(Buffer.from(body, encoding));
}

/** Sends a result that is already encoded, inside its envelope and byte for byte. */
export function sendEncodedResult(response: ServerResponse, idText: string, result: Buffer, headers: readonly string[], stallMs: number): void {
  if (result.length > SMALL) response.setTimeout(stallMs, () => response.destroy());
  const head = `{"jsonrpc":"2.0","id":${idText},"result":`;
  response.writeHead(200, [...JSON_HEADERS, String(Buffer.byteLength(head) + result.length + 1), ...headers]);
  response.cork();
  response.write(head);
  response.write(result);
  response.end('}');
}

/** Sends a fault as a JSON-RPC error with the status and headers of its row. */
export function sendFault(response: ServerResponse, raised: Fault, idText?: string, headers: readonly string[] = []): void {
  if (response.headersSent) return void response.destroy();
  sendJson(response, raised.row.http, encodeFault(raised, idText), [...headers, ...faultHeaders(raised)]);
}

/** What a fault says in headers, whatever its body looks like. */
export function faultHeaders(raised: Fault): string[] {
  const headers = [...raised.headers];
  if (raised.retryAfterSeconds !== undefined) headers.push('Retry-After', String(raised.retryAfterSeconds));
  // What of the body is still to come is not read: the connection ends with the answer.
  if (raised.row.http === 413 || raised.row.http === 408) headers.push('Connection', 'close');
  return headers;
}

/** Sets headers given as names and values, one after the other, on a response whose head somebody else writes. */
export function setHeaders(response: ServerResponse, headers: readonly string[]): void {
  for (let index = 0; index + 1 < headers.length; index += 2) response.setHeader(headers[index] ?? '', headers[index + 1] ?? '');
}

/** 202 without a body: a notification or a response was taken. */
export function sendAccepted(response: ServerResponse, headers: readonly string[]): void {
  response.writeHead(202, ['Content-Length', '0', ...headers]).end();
}
