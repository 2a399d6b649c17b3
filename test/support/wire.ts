/** A server to attack: its own process, doors that take any bytes, and the questions that are asked afterwards. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ServerProcess } from './http-process.js';
import { McpSession, perRequest, rpc, send } from './http-mcp.js';
import { exchange, head, type RawResponse } from './http-raw.js';
import { SseClient } from './http-sse.js';

const ENTRY = join(import.meta.dirname, 'wire-server.ts');
const LOADERS = ['../../scripts/typescript.mjs', 'built.mjs'].map((file) => ['--import', pathToFileURL(join(import.meta.dirname, file)).href]).flat();

const gauges = z.strictObject({ heldBytes: z.number(), residentBytes: z.number(), descriptors: z.number() });

/** What the process holds. */
export type Gauges = z.output<typeof gauges>;

/** A tool that leaves a row where it runs. */
export const NOTE = { name: 'note', arguments: { text: 'attack' } } as const;

export class WireServer {
  private constructor(readonly process: ServerProcess, readonly url: string) {}

  /** Starts the built server with its ledger. */
  static async start(env: Record<string, string> = {}): Promise<WireServer> {
    const server = await ServerProcess.start({ NODE_ENV: 'test', DATABASE_URL: 'sqlite::memory:', ...env }, { nodeArguments: ['--expose-gc', ...LOADERS], entry: ENTRY });
    return new WireServer(server, server.url);
  }

  /** What ran since the last time; asked on a fresh connection, so that an answer says that the server still serves. */
  async ledger(): Promise<string[]> {
    return z.array(z.string()).parse(JSON.parse(await this.#text('ledger')));
  }

  /** What the process holds, its garbage aside. */
  async gauges(): Promise<Gauges> {
    return gauges.parse(JSON.parse(await this.#text('gauges')));
  }

  /** Lets a held call answer. */
  async release(key: string): Promise<void> {
    await this.#text('release', { key });
  }

  /** How many bytes of memory the process needed at most while the work was done, beyond what it had before. */
  async peakDuring(work: () => Promise<void>): Promise<number> {
    const { residentBytes } = await this.gauges();
    // proc(5), "clear_refs": 5 sets the peak back to what there is now.
    writeFileSync(`/proc/${this.process.pid}/clear_refs`, '5');
    await work();
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))?.[1];
    return Number(peak) * 1024 - residentBytes;
  }

  /** How many descriptors the process has open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.process.pid}/fd`).length;
  }

  /** Log lines of defects, and whatever else was printed that is no log line. */
  get complaints(): string[] {
    return this.process.errors.split('\n').filter((line) => line !== '' && !/^\{"level":[1-4]0,/.test(line));
  }

  /** Throws unless the server still serves, ran nothing since it was last asked, and complained of nothing. */
  async unharmed(): Promise<void> {
    const rows = await this.ledger();
    if (rows.length > 0) throw new Error(`The attack ran ${rows.join(', ')}`);
    if (this.complaints.length > 0) throw new Error(`The server complained: ${this.complaints.join('\n')}`);
  }

  stop(): Promise<void> {
    return this.process.kill();
  }

  async #text(name: string, args: object = {}): Promise<string> {
    const { headers, json } = perRequest('afterwards', 'tools/call', { name, arguments: args });
    const reply = await send(`${this.url}/mcp`, { headers, json });
    const { content } = z.object({ content: z.array(z.object({ text: z.string() })).length(1) }).parse(rpc(reply).result);
    return content[0]?.text ?? '';
  }
}

/** One way to post a message. */
export interface WireDoor {
  name: string;
  /** The head of a POST without anything about its body; `replaced` names headers (lower case) that are left out. */
  lines(replaced?: readonly string[]): string[];
  /** The JSON-RPC code of a refusal as this door words it. */
  code(code: number): number;
  close(): void;
}

/** What opens a door of a server. */
export type Opener = (server: WireServer) => Promise<WireDoor>;

const lower = (code: number): number => code;

function linesOf(path: string, headers: Record<string, string>): WireDoor['lines'] {
  return (replaced = []) => [
    `POST ${path} HTTP/1.1`, 'Host: localhost',
    ...Object.entries(headers).filter(([name]) => !replaced.includes(name)).map(([name, value]) => `${name}: ${value}`),
  ];
}

/** A session of `/mcp`. */
export function sessionDoor(revision: string): Opener {
  return async ({ url }) => {
    const session = await McpSession.open(url, revision);
    return { name: `a session of ${revision}`, lines: linesOf('/mcp', session.headers), code: lower, close: () => void session.end() };
  };
}

/** 2026-07-28, whose headers say what the body says. */
export const requestDoor: Opener = () => {
  const { headers } = perRequest(1, 'tools/call', NOTE);
  return Promise.resolve({ name: 'revision 2026-07-28', lines: linesOf('/mcp', headers), code: lower, close: () => undefined });
};

/** `/messages` of a session of HTTP+SSE, whose refusals have an envelope of their own (R278). */
export const messagesDoor: Opener = async ({ url }) => {
  const client = await SseClient.connect(url);
  return { name: '/messages', lines: linesOf(client.endpoint, { 'content-type': 'application/json' }), code: () => -32000, close: () => client.close() };
};

/** Every door that takes messages, by name. */
export const doors: readonly (readonly [name: string, open: Opener])[] = [
  ['a session of 2025-11-25', sessionDoor('2025-11-25')], ['a session of 2025-03-26', sessionDoor('2025-03-26')],
  ['revision 2026-07-28', requestDoor], ['/messages', messagesDoor],
];

/** The bytes of a POST with this body, as long as it says. */
export function postOf(door: WireDoor, body: string | Buffer, ...changed: string[]): Buffer {
  const bytes = Buffer.from(body);
  const replaced = changed.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
  const length = replaced.includes('content-length') ? [] : [`Content-Length: ${bytes.length}`];
  return Buffer.concat([Buffer.from(head([...door.lines(replaced), ...changed, ...length]), 'latin1'), bytes]);
}

/** Posts a body on a line of its own. */
export function post(server: WireServer, door: WireDoor, body: string | Buffer, ...changed: string[]): Promise<RawResponse> {
  return exchange(server.url, postOf(door, body, ...changed));
}

/** A call of the note tool, with what a request of 2026-07-28 carries; older revisions take no offence at it. */
export function noteCall(idText = '1', argumentsText: string = JSON.stringify(NOTE.arguments)): string {
  const { json } = perRequest(0, 'tools/call', { name: NOTE.name });
  return `{"jsonrpc":"2.0","id":${idText},"method":"tools/call","params":{"name":"note","arguments":${argumentsText},"_meta":${JSON.stringify(json.params?.['_meta'])}}}`;
}
