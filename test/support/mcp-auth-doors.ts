/** Every way an official client can come in with credentials: package, transport and negotiation, by one name each. */
import {
  SSEClientTransport as SseV2, StreamableHTTPClientTransport as HttpV2, UnauthorizedError as UnauthorizedV2, type FetchLike, type OAuthClientProvider,
} from '@modelcontextprotocol/client';
import { UnauthorizedError as UnauthorizedV1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { SSEClientTransport as SseV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { onTestFinished } from 'vitest';
import type { KeptCredentials } from './mcp-auth-provider.js';
import { connectV1 } from './mcp-client-v1.js';
import { connectV2, type Negotiation } from './mcp-client-v2.js';
import { eventually } from './mcp-deadline.js';
import type { Answers, Peer } from './mcp-peer.js';

/** What a transport is made with. */
export interface Way {
  provider?: OAuthClientProvider;
  headers?: Record<string, string>;
  fetch?: FetchLike;
}

/** A client on its way in, before anybody knows whether it is let in. */
export interface Attempt {
  connect(answers: Answers): Promise<Peer>;
  /** Redeems what came back with the browser. */
  finish(answer: URLSearchParams): Promise<void>;
}

/** One way in. */
export interface AuthDoor {
  name: string;
  wire: 'streamable-http' | 'sse';
  /** Whether the client understands a challenge that names more scopes. */
  stepsUp: 'by itself' | 'with a hint' | 'never';
  attempt(url: string, way: Way): Attempt;
}

const reconnectionOptions = { initialReconnectionDelay: 20, maxReconnectionDelay: 200, reconnectionDelayGrowFactor: 1.5, maxRetries: 2 };

function options({ provider, headers, fetch }: Way) {
  return { ...(provider ? { authProvider: provider } : {}), ...(headers ? { requestInit: { headers } } : {}), ...(fetch ? { fetch } : {}) };
}

function httpV1(url: string, way: Way): Attempt {
  const transport = new HttpV1(new URL('/mcp', url), { reconnectionOptions, ...options(way) });
  return { connect: (answers) => connectV1(transport, answers), finish: (answer) => transport.finishAuth(answer.get('code') ?? '') };
}

function sseV1(url: string, way: Way): Attempt {
  const transport = new SseV1(new URL('/sse', url), options(way));
  return { connect: (answers) => connectV1(transport, answers), finish: (answer) => transport.finishAuth(answer.get('code') ?? '') };
}

function httpV2(negotiation: Negotiation): AuthDoor['attempt'] {
  return (url, way) => {
    const transport = new HttpV2(new URL('/mcp', url), { reconnectionOptions, ...options(way) });
    return { connect: (answers) => connectV2(transport, answers, negotiation), finish: (answer) => transport.finishAuth(answer) };
  };
}

function sseV2(url: string, way: Way): Attempt {
  const transport = new SseV2(new URL('/sse', url), options(way));
  return { connect: (answers) => connectV2(transport, answers, { mode: 'legacy' }), finish: (answer) => transport.finishAuth(answer) };
}

/** The doors by what they are made of. */
export const authDoors = {
  httpV1: { name: 'sdk 1.32 over Streamable HTTP', wire: 'streamable-http', stepsUp: 'with a hint', attempt: httpV1 },
  sseV1: { name: 'sdk 1.32 over HTTP+SSE', wire: 'sse', stepsUp: 'never', attempt: sseV1 },
  httpLegacy: { name: 'client 2.4, legacy', wire: 'streamable-http', stepsUp: 'by itself', attempt: httpV2({ mode: 'legacy' }) },
  httpAuto: { name: 'client 2.4, auto', wire: 'streamable-http', stepsUp: 'by itself', attempt: httpV2({ mode: 'auto' }) },
  httpPinned: { name: 'client 2.4, pinned to 2026-07-28', wire: 'streamable-http', stepsUp: 'by itself', attempt: httpV2({ mode: { pin: '2026-07-28' } }) },
  sseV2: { name: 'client 2.4 over HTTP+SSE', wire: 'sse', stepsUp: 'never', attempt: sseV2 },
} satisfies Record<string, AuthDoor>;

export const everyAuthDoor: readonly AuthDoor[] = Object.values(authDoors);

/** True for the error of a client that has sent somebody to sign in. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof UnauthorizedV1 || error instanceof UnauthorizedV2;
}

/** A client with the person's consent. */
export interface SignedIn {
  peer: Peer;
  /** Does something that may need more consent: where the client sends the person to sign in, finishes that and does it again. */
  again<T>(action: () => Promise<T>): Promise<T>;
  /** Redeems what came back with the browser. */
  finish(): Promise<void>;
}

/** Comes in as applications do: tries, sends the person to sign in where told so, and tries once more. */
export async function signInThrough(door: AuthDoor, url: string, credentials: KeptCredentials, { answers = {}, fetch }: { answers?: Answers; fetch?: FetchLike } = {}): Promise<SignedIn> {
  const way: Way = { provider: credentials, ...(fetch ? { fetch } : {}) };
  let attempt = door.attempt(url, way);
  const finish = (): Promise<void> => attempt.finish(credentials.takeAnswer());
  const again = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      await finish();
      return action();
    }
  };
  try {
    return { peer: await entered(attempt, answers), again, finish };
  } catch (error) {
    if (!isUnauthorized(error)) throw error;
    await finish();
    attempt = door.attempt(url, way);
    return { peer: await entered(attempt, answers), again, finish };
  }
}

/** Comes in with something already in hand. */
export function enterWith(door: AuthDoor, url: string, way: Way, answers: Answers = {}): Promise<Peer> {
  return entered(door.attempt(url, way), answers);
}

/** Comes in, and waits for the stream of announcements, which clients open beside everything else. */
export async function enterAndListen(door: AuthDoor, url: string, way: Way): Promise<Peer> {
  let isOpen = false;
  const peer = await enterWith(door, url, {
    ...way,
    fetch: async (address, init) => {
      const response = await fetch(address, init);
      isOpen ||= (init?.method ?? 'GET') === 'GET' && (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
      return response;
    },
  });
  await eventually(() => isOpen, 'the stream for announcements');
  return peer;
}

async function entered(attempt: Attempt, answers: Answers): Promise<Peer> {
  const peer = await attempt.connect(answers);
  onTestFinished(() => peer.close());
  return peer;
}
