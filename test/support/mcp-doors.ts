/** Every way an official client can come in: package, transport and negotiation, by one name each. */
import { fileURLToPath } from 'node:url';
import {
  SSEClientTransport as SseV2, StreamableHTTPClientTransport as HttpV2, type FetchLike,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { SSEClientTransport as SseV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { onTestFinished } from 'vitest';
import { connectV1 } from './mcp-client-v1.js';
import { connectV2, type ModernPeer, type Negotiation } from './mcp-client-v2.js';
import { within } from './mcp-deadline.js';
import type { Answers, Peer } from './mcp-peer.js';

/** A process to launch. */
export interface Launch {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

/** Where a door leads: an HTTP server for some, a process for others. */
export interface House {
  url: string;
  stdio?: Launch;
}

/** One way in. */
export interface Door {
  name: string;
  wire: 'streamable-http' | 'sse' | 'stdio';
  /** The revision this client and our server settle on. */
  revision: string;
  /** Whether questions are pushed within a session, or travel with each request. */
  era: 'session' | 'request';
  open(house: House, answers: Answers, fetch?: FetchLike): Promise<Peer>;
}

// A client that is cut off comes back at once; the server's own hint overrules this where it sends one.
const reconnectionOptions = { initialReconnectionDelay: 20, maxReconnectionDelay: 200, reconnectionDelayGrowFactor: 1.5, maxRetries: 10 };
const pinned: Negotiation = { mode: { pin: '2026-07-28' } };

/** The built server, as a client's configuration would launch it; it offers the library alone. */
export const builtStdio: Launch = launch([fileURLToPath(new URL('../../dist/main.js', import.meta.url)), '--stdio']);

function launch(args: string[], env: Record<string, string> = {}): Launch {
  return { command: process.execPath, args, env: { LOG_LEVEL: 'silent', ...env } };
}

/** A server with the fixtures, from the sources. */
export function fixtureStdio(env?: Record<string, string>): Launch {
  const loader = new URL('../../scripts/typescript.mjs', import.meta.url).href;
  return launch(['--import', loader, fileURLToPath(new URL('../clients/fixtures/stdio-server.ts', import.meta.url))], env);
}

function processOf({ stdio = builtStdio }: House): Launch & { stderr: 'ignore' } {
  return { ...stdio, stderr: 'ignore' };
}

function httpV2(negotiation: Negotiation): Door['open'] {
  return ({ url }, answers, fetch) => connectV2(new HttpV2(new URL('/mcp', url), { reconnectionOptions, ...(fetch ? { fetch } : {}) }), answers, negotiation);
}

function sseV2(negotiation: Negotiation): Door['open'] {
  return ({ url }, answers, fetch) => connectV2(new SseV2(new URL('/sse', url), fetch ? { fetch } : {}), answers, negotiation);
}

function stdioV2(negotiation: Negotiation): Door['open'] {
  return (house, answers) => connectV2(new StdioV2(processOf(house)), answers, negotiation);
}

const session = { era: 'session', revision: '2025-11-25' } as const;
const request = { era: 'request', revision: '2026-07-28' } as const;

/** The doors by what they are made of. */
export const doors = {
  httpV1: {
    name: 'sdk 1.32 over Streamable HTTP', wire: 'streamable-http', ...session,
    open: ({ url }, answers, fetch) => connectV1(new HttpV1(new URL('/mcp', url), { reconnectionOptions, ...(fetch ? { fetch } : {}) }), answers),
  },
  sseV1: {
    name: 'sdk 1.32 over HTTP+SSE', wire: 'sse', ...session,
    open: ({ url }, answers, fetch) => connectV1(new SseV1(new URL('/sse', url), fetch ? { fetch } : {}), answers),
  },
  stdioV1: {
    name: 'sdk 1.32 over stdio', wire: 'stdio', ...session,
    open: (house, answers) => connectV1(new StdioV1(processOf(house)), answers),
  },
  httpLegacy: { name: 'client 2.4, legacy, over Streamable HTTP', wire: 'streamable-http', ...session, open: httpV2({ mode: 'legacy' }) },
  httpAuto: { name: 'client 2.4, auto, over Streamable HTTP', wire: 'streamable-http', ...request, open: httpV2({ mode: 'auto' }) },
  httpPinned: { name: 'client 2.4, pinned to 2026-07-28, over Streamable HTTP', wire: 'streamable-http', ...request, open: httpV2(pinned) },
  sse2024: {
    name: 'client 2.4, offering 2024-11-05, over HTTP+SSE', wire: 'sse', era: 'session', revision: '2024-11-05',
    open: sseV2({ mode: 'legacy', offer: '2024-11-05' }),
  },
  stdioLegacy: { name: 'client 2.4, legacy, over stdio', wire: 'stdio', ...session, open: stdioV2({ mode: 'legacy' }) },
  stdioAuto: { name: 'client 2.4, auto, over stdio', wire: 'stdio', ...request, open: stdioV2({ mode: 'auto' }) },
  stdioPinned: { name: 'client 2.4, pinned to 2026-07-28, over stdio', wire: 'stdio', ...request, open: stdioV2(pinned) },
} satisfies Record<string, Door>;

/** One door for each wire and era: enough where the package makes no difference. */
export const oneDoorEach: readonly Door[] = [doors.httpV1, doors.sse2024, doors.stdioV1, doors.httpPinned, doors.stdioPinned];
/** All of them. */
export const everyDoor: readonly Door[] = Object.values(doors);
/** All but one: a stdio client that found the revision out speaks like the pinned one, and costs two more processes. */
export const everyDialect: readonly Door[] = everyDoor.filter((door) => door !== doors.stdioAuto);

/** A legacy client that offers one revision on `/mcp`. */
export function httpOffering(revision: string): Door {
  return { name: `client 2.4, offering ${revision}, over Streamable HTTP`, wire: 'streamable-http', era: 'session', revision, open: httpV2({ mode: 'legacy', offer: revision }) };
}

/** Goes in; leaves when the test is over. */
export async function enter(door: Door, house: House, answers: Answers = {}, fetch?: FetchLike): Promise<Peer> {
  const peer = await door.open(house, answers, fetch);
  onTestFinished(() => peer.close());
  return peer;
}

/** Goes in, and waits until the stream for announcements is open: the clients open it beside everything else. */
export async function enterListening(door: Door, house: House, answers: Answers = {}): Promise<Peer> {
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const peer = await enter(door, house, answers, async (url, init) => {
    const response = await fetch(url, init);
    if (response.headers.get('content-type')?.startsWith('text/event-stream') && (init?.method ?? 'GET') === 'GET') resolve();
    return response;
  });
  await within(opened, 'the stream for announcements');
  return peer;
}

/** Goes in with the client of 2026-07-28, for what only that package can do. */
export async function enterModern(house: House, answers: Answers = {}, fetch?: FetchLike, wire: 'http' | 'stdio' = 'http'): Promise<ModernPeer> {
  const transport = wire === 'stdio' ? new StdioV2(processOf(house)) : new HttpV2(new URL('/mcp', house.url), fetch ? { fetch } : {});
  const peer = await connectV2(transport, answers, pinned);
  onTestFinished(() => peer.close());
  return peer;
}
