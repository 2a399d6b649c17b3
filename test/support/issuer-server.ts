/** Another issuer: publishes keys, answers questions about tokens, can go away, and records every request it receives. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { published, type MintKey } from './token-mint.js';

/** One request, as the issuer received it. */
export interface Received {
  method: string;
  path: string;
  authorization: string | undefined;
  body: string;
}

export class IssuerServer {
  readonly received: Received[] = [];
  keys: MintKey[] = [];
  /** What introspection says, by token. */
  readonly tokens = new Map<string, object>();
  /** Answers nothing but 503. */
  away = false;
  #url = '';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<IssuerServer> {
    const server = createServer();
    const issuer = new IssuerServer(server);
    server.on('request', (request, response) => void issuer.#answer(request, response));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    issuer.#url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    return issuer;
  }

  get url(): string {
    return this.#url;
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.received.filter((request) => request.path === path).length;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    this.received.push({ method: request.method ?? '', path, authorization: request.headers.authorization, body });
    const answer = this.away ? undefined : this.#documents(path, body);
    response.writeHead(answer ? 200 : this.away ? 503 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  }

  #documents(path: string, body: string): object | undefined {
    switch (path) {
      case '/.well-known/openid-configuration':
        return { issuer: this.#url, jwks_uri: `${this.#url}/keys`, introspection_endpoint: `${this.#url}/introspect` };
      case '/keys': return { keys: this.keys.map(published) };
      case '/introspect': return this.tokens.get(new URLSearchParams(body).get('token') ?? '') ?? { active: false };
      default: return undefined;
    }
  }
}
