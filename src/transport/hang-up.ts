/**
 * How a connection ends: its last answer arrives even while the client is still sending (RFC 9112 §9.6), no request is
 * answered twice, and nothing is held for a client that never hangs up.
 */
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

// Closing while bytes are unread resets the line, and a reset can overtake the answer. So some are read and dropped for a
// while; most clients stop as soon as they see it.
const LINGER_MS = 2000;
const LINGER_BYTES = 4 * 1024 ** 2;
const LOOK_MS = 10;

export class HangUp {
  /** The newest exchange of each connection. */
  readonly #newest = new WeakMap<Duplex, ServerResponse>();
  readonly #refused = new WeakSet<Duplex>();

  /** Takes charge of the end of a connection. */
  watch(socket: Socket): void {
    const atOnce = socket.destroySoon.bind(socket);
    // Node calls this after an answer that is the last of its connection.
    socket.destroySoon = () => (this.#newest.get(socket)?.req.complete === false ? leave(socket) : atOnce());
  }

  /** Takes note of an exchange that begins. */
  begin(response: ServerResponse): void {
    this.#newest.set(response.req.socket, response);
  }

  /**
   * Ends a connection on which nothing more can be read, with an answer made by hand: after those that earlier requests
   * still wait for, and none for a request that has one already.
   */
  refuse(socket: Duplex, answer: string): void {
    // Each further packet is one more that cannot be read.
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    const newest = this.#newest.get(socket);
    if (!newest || (newest.req.complete ? newest.writableFinished : !newest.headersSent)) leave(socket, answer);
    else if (newest.headersSent) socket.destroy();
    else newest.once('close', () => leave(socket, answer));
  }
}

function leave(socket: Duplex, lastWords?: string): void {
  if (socket.destroyed) return;
  if (!socket.writableEnded) socket.end(lastWords);
  socket.resume();
  const since = performance.now();
  const before = bytesReadOf(socket);
  const looking = setInterval(() => {
    if (performance.now() - since > LINGER_MS) socket.destroy();
    else if (bytesReadOf(socket) - before > LINGER_BYTES) socket.pause();
  }, LOOK_MS).unref();
  socket.once('close', () => clearInterval(looking));
}

function bytesReadOf(socket: Duplex): number {
  return socket instanceof Socket ? socket.bytesRead : 0;
}
