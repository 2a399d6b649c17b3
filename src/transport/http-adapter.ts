/**
 * Nest's Express adapter with a door in front of Express on the same server. Express changes the prototype of every
 * request it sees, which slows all of Node's own code on them: the hot door never enters it.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';

/** Serves a request and says so, or leaves it to Express. */
export type Front = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Bounds of the HTTP server. */
export interface HttpBounds {
  maxHeaderBytes: number;
  headersTimeoutMs: number;
  requestTimeoutMs: number;
}

// How often Node looks for requests past their deadline; its default of 30 s would triple ours.
const DEADLINE_CHECK_MS = 1000;
const TCP_KEEP_ALIVE_MS = 15_000;

export class GatehouseHttpAdapter extends ExpressAdapter {
  #front: Front = () => false;

  constructor(private readonly bounds: HttpBounds) {
    super();
    this.getInstance().disable('x-powered-by');
  }

  /** Puts a door before Express. */
  setFront(front: Front): void {
    this.#front = front;
  }

  override initHttpServer(): void {
    const express: RequestListener = this.getInstance();
    const listener: RequestListener = (request, response) => {
      if (!this.#front(request, response)) express(request, response);
    };
    const server = createServer({
      maxHeaderSize: this.bounds.maxHeaderBytes,
      headersTimeout: this.bounds.headersTimeoutMs,
      requestTimeout: this.bounds.requestTimeoutMs,
      connectionsCheckingInterval: DEADLINE_CHECK_MS,
      // R274: no Nagle delay, TCP keep-alive; streams have no idle timeout, `server.timeout` stays 0.
      noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    }, listener);
    // A body announced as too large is refused before the client sends it.
    server.on('checkContinue', listener);
    server.on('connect', refuseConnect);
    this.setHttpServer(server);
  }

  /** The server, for its address and its end. */
  get server(): Server {
    return this.getHttpServer();
  }
}

function refuseConnect(_request: IncomingMessage, socket: Duplex): void {
  socket.end('HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, POST, DELETE, OPTIONS\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
