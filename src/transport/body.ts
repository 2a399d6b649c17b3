/** Reads a request body within its bound. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings } from '../config/settings.js';
import { defaultDecodeLimits, type DecodeLimits } from '../protocol/decode.js';
import { fault } from '../protocol/faults.js';

/** The client went away before its request was complete: nothing is dispatched and nobody is there to be told. */
export class ClientGone extends Error {}

/**
 * The whole body. Throws `body_too_large` before reading when the announced length is, or at the first byte past
 * `maxBytes`; throws {@link ClientGone}. The time it may take is the HTTP server's `requestTimeout`.
 */
export function readBody(request: IncomingMessage, response: ServerResponse, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(fault('body_too_large'));
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) return void chunks.push(chunk);
      // The rest is read and dropped until the connection ends, so that the refusal arrives.
      chunks.length = 0;
      reject(fault('body_too_large'));
    });
    request.on('end', () => {
      const [only] = chunks;
      resolve(only && chunks.length === 1 ? only : Buffer.concat(chunks));
    });
    request.on('error', () => reject(new ClientGone()));
    request.on('close', () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}

/** How deep, wide and long a message may be. */
export function decodeLimits({ maxDepth, maxMembers, maxValues }: Settings): DecodeLimits {
  return { ...defaultDecodeLimits, maxDepth, maxMembers, maxValues };
}
