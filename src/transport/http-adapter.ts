/**
 * Nest's Express adapter with a door in front of Express on the same server. Express changes the prototype of every
 * request it sees, which slows all of Node's own code on them: the hot door never enters it.
 */
import { createServer, STATUS_CODES, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';
import { fault, type Fault } from '../protocol/faults.js';
import { encodeFault } from './encode.js';
import { HangUp } from './hang-up.js';
import { sendFault } from './streamable/reply.js';

/** Serves a request and says so, or leaves it to Express. */
export type Front = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Bounds of the HTTP server. */
export interface HttpBounds {
  maxHeaderBytes: number;
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  heartbeatMs: number;
}

// How often Node looks for requests past their deadline; its default of 30 s would triple ours.
const DEADLINE_CHECK_MS = 1000;
const [PROBES, PROBE_INTERVAL_MS] = [6, 1000];
const [LEAST_KEEP_ALIVE_MS, MOST_KEEP_ALIVE_MS] = [1000, 15_000];

export class GatehouseHttpAdapter extends ExpressAdapter {
  #front: Front = () => false;
  readonly #sockets = new Set<Socket>();
  readonly #hangUp = new HangUp();

  constructor(private readonly bounds: HttpBounds) {
    super();
    this.getInstance().disable('x-powered-by').enable('case sensitive routing').enable('strict routing').set('query parser', 'simple');
  }

  /** Puts a door before Express. */
  setFront(front: Front): void {
    this.#front = front;
  }

  override initHttpServer(): void {
    const express: RequestListener = this.getInstance();
    const listener: RequestListener = (request, response) => {
      this.#hangUp.begin(response);
      if (!this.#front(request, response)) express(request, response);
    };
    const probeAfterMs = firstProbeMs(this.bounds.heartbeatMs);
    const server = createServer({
      maxHeaderSize: this.bounds.maxHeaderBytes,
      headersTimeout: this.bounds.headersTimeoutMs,
      requestTimeout: this.bounds.requestTimeoutMs,
      connectionsCheckingInterval: DEADLINE_CHECK_MS,
      // R274: no Nagle delay, TCP keep-alive; streams have no idle timeout, `server.timeout` stays 0.
      noDelay: true, keepAlive: true, keepAliveInitialDelay: probeAfterMs,
    }, listener);
    // A body announced as too large is refused before the client sends it.
    server.on('checkContinue', listener);
    server.on('checkExpectation', (_request, response) => this.#refuseExpectation(response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.setKeepAlive(true, probeAfterMs, PROBE_INTERVAL_MS, PROBES);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#hangUp.watch(socket);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuseUnreadable(error, socket));
    server.on('connect', (_request, socket) => this.#hangUp.refuse(socket, NO_TUNNEL));
    this.setHttpServer(server);
  }

  // Nest's own answer repeats the address, with whatever somebody put into its query (promise P9).
  override setNotFoundHandler(): this {
    this.use((_request: IncomingMessage, response: ServerResponse) => sendFault(response, fault('route_unknown')));
    return this;
  }

  /** Whether bytes of an answer still wait for a client that reads slowly. */
  get hasUnwritten(): boolean {
    return [...this.#sockets].some(({ writableLength }) => writableLength > 0);
  }

  /** The server, for its address and its end. */
  get server(): Server {
    return this.getHttpServer();
  }

  #refuseExpectation(response: ServerResponse): void {
    this.#hangUp.begin(response);
    const body = encodeFault(fault('request_malformed', { say: 'This expectation cannot be met' }));
    response.writeHead(417, ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body)), 'X-Content-Type-Options', 'nosniff', 'Cache-Control', 'no-store', 'Connection', 'close']).end(body);
  }

  // What cannot be read as HTTP, or does not arrive in time, never becomes a request: the answer is written by hand.
  #refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET') socket.destroy();
    else this.#hangUp.refuse(socket, unreadable(error.code));
  }
}

function unreadable(code: string | undefined): string {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT': return rawRefusal(408, fault('body_too_slow', { say: 'The request did not arrive in time' }));
    case 'HPE_HEADER_OVERFLOW': return rawRefusal(431, fault('request_malformed', { say: 'The headers are larger than this server accepts' }));
    default: return rawRefusal(400, fault('request_malformed'));
  }
}

function rawRefusal(status: number, raised: Fault, headers = ''): string {
  const body = encodeFault(raised);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n`
    + `Cache-Control: no-store\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const NO_TUNNEL = rawRefusal(405, fault('http_method_refused'), 'Allow: GET, POST, DELETE, OPTIONS\r\n');

// TCP probes a peer only while nothing is on its way to it. A heartbeat to one that has vanished would be sent again and
// again, for a quarter of an hour, so the probes must be through before the next one is due (reliability row B2). One
// round of them between two heartbeats is enough: ten thousand streams probed in one instant overrun a busy machine.
function firstProbeMs(heartbeatMs: number): number {
  return Math.min(MOST_KEEP_ALIVE_MS, Math.max(LEAST_KEEP_ALIVE_MS, heartbeatMs - (PROBES + 1) * PROBE_INTERVAL_MS));
}
