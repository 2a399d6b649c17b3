/** A client of the 2024-11-05 HTTP+SSE transport: one stream, and messages posted to the address it names. */
import { EventStream } from './http-event-stream.js';
import { rpc, send, type Reply, type RpcMessage } from './http-mcp.js';

export class SseClient {
  private constructor(private readonly base: string, readonly stream: EventStream, readonly endpoint: string) {}

  /** Opens the stream and waits for the address. */
  static async open(base: string, { path = '/sse', headers = {} }: { path?: string; headers?: Record<string, string> } = {}): Promise<SseClient> {
    const stream = await EventStream.open(`${base}${path}`, { headers });
    const { data = '' } = await stream.frame('the endpoint', ({ event }) => event === 'endpoint');
    return new SseClient(base, stream, data);
  }

  /** Opens the stream and shakes hands. */
  static async connect(base: string, revision = '2024-11-05'): Promise<SseClient> {
    const client = await SseClient.open(base);
    await client.call('open', 'initialize', { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'test', version: '1' } });
    await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return client;
  }

  get sessionId(): string {
    return new URL(this.endpoint, this.base).searchParams.get('sessionId') ?? '';
  }

  post(json: unknown, { to = this.endpoint, headers = {} }: { to?: string; headers?: Record<string, string> } = {}): Promise<Reply> {
    return send(`${this.base}${to}`, { headers: { 'content-type': 'application/json', ...headers }, json });
  }

  /** Posts a request and takes its answer from the stream. */
  async call(id: string | number, method: string, params: object = {}): Promise<RpcMessage> {
    const reply = await this.post({ jsonrpc: '2.0', id, method, params });
    if (reply.status !== 202) throw new Error(`${method} was answered ${reply.status}: ${JSON.stringify(rpc(reply))}`);
    return this.stream.answer(id);
  }

  close(): void {
    this.stream.close();
  }
}
