/** Hosts metadata documents over https on this machine, under made-up names, and counts who comes. */
import { createServer, type Server } from 'node:https';
import { createServer as createSink, type AddressInfo, type Server as Sink } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Network } from '../../src/auth/authorization-server/network.js';
import { selfSigned } from './certificate.js';

/** Stands for the public internet in tests: what is allowed there is said, everything else is judged as always. */
export class TestNetwork extends Network {
  override authorities: string[] = [];
  readonly names = new Map<string, string[][]>();
  readonly asked: string[] = [];
  readonly outside = new Set<string>();

  /** Each look-up takes the next answer; the last one stays. */
  override resolve(hostname: string): Promise<string[]> {
    this.asked.push(hostname);
    const answers = this.names.get(hostname) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer ? Promise.resolve(answer) : Promise.reject(new Error(`ENOTFOUND ${hostname}`));
  }

  override isForbidden(address: string): boolean {
    return !this.outside.has(address) && super.isForbidden(address);
  }
}

export class DocumentHost {
  hits = 0;
  answer: (request: IncomingMessage, response: ServerResponse, origin: string) => void = () => undefined;

  private constructor(private readonly server: Server, readonly origin: string, readonly port: number) {}

  /** Listens on an address of this machine and makes the network know the name. */
  static async start(network: TestNetwork, hostname = 'client.example', address = '127.0.0.2'): Promise<DocumentHost> {
    const pair = selfSigned([hostname]);
    const server = createServer(pair);
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    const { port } = server.address() as AddressInfo;
    const host = new DocumentHost(server, `https://${hostname}:${port}`, port);
    network.authorities.push(pair.cert);
    network.names.set(hostname, [[address]]);
    network.outside.add(address);
    server.on('request', (request, response) => {
      host.hits++;
      host.answer(request, response, host.origin);
    });
    return host;
  }

  /** Answers every path with a document whose id is its own address. */
  serve(changes: Record<string, unknown> = {}, headers: Record<string, string> = {}): void {
    this.answer = (request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', ...headers });
      response.end(JSON.stringify({ client_id: this.origin + request.url, client_name: 'Document client', redirect_uris: ['http://127.0.0.1/callback'], ...changes }));
    };
  }

  close(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** A port that must never be reached. */
export async function openSink(address: string, port: number): Promise<{ hits: () => number; close: () => Promise<unknown> }> {
  let hits = 0;
  const sink: Sink = createSink((socket) => {
    hits++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => sink.listen(port, address, resolve));
  return { hits: () => hits, close: () => new Promise((resolve) => sink.close(resolve)) };
}
