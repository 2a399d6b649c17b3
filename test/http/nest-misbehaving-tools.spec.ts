/** Rows D7, D8 and D14: whatever a tool does, its caller gets one plain answer, and the server keeps serving. */
import { Injectable, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Gatehouse } from '../../src/bootstrap.js';
import type { ToolContext } from '../../src/tools/context.js';
import { Prompt, Resource, Tool } from '../../src/tools/decorators.js';
import { ToolError } from '../../src/tools/tool-error.js';
import { startGatehouse } from '../support/gatehouse.js';
import { within } from '../support/http-deadline.js';
import { McpSession, perRequest, rpc, send, type RpcMessage } from '../support/http-mcp.js';

const SECRET = 'hunter2';
const TIMEOUT_MS = 100;
const signals: string[] = [];
const unhandled: unknown[] = [];
const later = Promise.withResolvers<void>();

function cycle(): object {
  const value: Record<string, unknown> = { secret: SECRET };
  value['self'] = value;
  return value;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

const output = { outputSchema: z.object({ sum: z.number() }) };

@Injectable()
class Misbehaving {
  @Tool()
  throws(): never {
    throw new Error(`${SECRET} at /srv/app/secret.ts`);
  }
  @Tool()
  async rejects(): Promise<never> {
    throw new TypeError(SECRET);
  }
  @Tool()
  throwsText(): never {
    throw SECRET; // oxlint-disable-line no-throw-literal -- the misbehaviour under test
  }
  @Tool()
  throwsNothing(): never {
    throw undefined; // oxlint-disable-line no-throw-literal -- the misbehaviour under test
  }
  @Tool()
  throwsTrap(): never {
    throw new Proxy({}, { get: () => { throw new Error(SECRET); } }); // oxlint-disable-line no-throw-literal -- the misbehaviour under test
  }
  @Tool()
  neverSettles(): Promise<never> {
    return never();
  }
  @Tool({ timeoutMs: TIMEOUT_MS / 2 })
  hasItsOwnTime(): Promise<never> {
    return never();
  }
  @Tool()
  heedsTheSignal(_args: unknown, { signal }: ToolContext): Promise<never> {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        signals.push('aborted');
        reject(new Error(SECRET));
      });
    });
  }
  @Tool()
  async talksOnAfterTheEnd(_args: unknown, context: ToolContext): Promise<string> {
    await later.promise;
    context.progress(2);
    context.log('error', SECRET);
    void context.ask({ message: SECRET, schema: z.object({}) });
    await context.step('late', () => signals.push('late step'));
    throw new Error(SECRET);
  }
  @Tool()
  settlesTwice(): Promise<string> {
    return new Promise((resolve, reject) => {
      resolve('first');
      reject(new Error(SECRET)); // oxlint-disable-line promise/no-multiple-resolved -- the misbehaviour under test
      resolve('second'); // oxlint-disable-line promise/no-multiple-resolved -- the misbehaviour under test
    });
  }
  @Tool()
  returnsCycle(): object {
    return cycle();
  }
  @Tool(output)
  returnsCycleStructured(): object {
    return { sum: 1, content: cycle() };
  }
  @Tool()
  returnsBigInt(): unknown {
    return { secret: SECRET, n: 1n };
  }
  @Tool()
  returnsHugeText(): string {
    return SECRET.repeat(15_000_000);
  }
  @Tool()
  returnsHugeList(): string[] {
    return Array.from({ length: 2_000_000 }, () => SECRET);
  }
  @Tool()
  returnsTrap(): object {
    return Object.defineProperty({}, 'content', { enumerable: true, get: () => { throw new Error(SECRET); } });
  }
  @Tool(output)
  breaksItsSchema(): object {
    return { sum: SECRET };
  }
  @Tool()
  saysNo(): never {
    throw new ToolError('not today');
  }
  @Tool()
  async asks(_args: unknown, context: ToolContext): Promise<string> {
    return (await context.ask({ message: 'Sure?', schema: z.object({}) })).action;
  }
  @Tool()
  works(): string {
    return 'works';
  }
  @Resource({ uri: 'x://throws' })
  resourceThrows(): never {
    throw new Error(SECRET);
  }
  @Resource({ uri: 'x://never' })
  resourceNever(): Promise<never> {
    return never();
  }
  @Prompt()
  promptThrows(): never {
    throw new Error(SECRET);
  }
}

@Module({ providers: [Misbehaving] })
class Own {}

let gatehouse: Gatehouse;
let session: McpSession;

beforeAll(async () => {
  process.on('unhandledRejection', note);
  gatehouse = await startGatehouse({ modules: [Own], settings: { toolTimeoutMs: TIMEOUT_MS } });
  session = await McpSession.open(gatehouse.url);
});
afterAll(async () => {
  await gatehouse.close();
  process.off('unhandledRejection', note);
});

function note(reason: unknown): void {
  unhandled.push(reason);
}

/** The answer to a request, once over each generation of `/mcp`; it must hold nothing that was meant for the log. */
async function answers(method: string, params: Record<string, unknown>): Promise<[now: RpcMessage, before: RpcMessage]> {
  const { headers, json } = perRequest(1, method, params);
  const replies = await within(`answers to ${method}`, Promise.all([send(`${gatehouse.url}/mcp`, { headers, json }), session.call(crypto.randomUUID(), method, params)]));
  for (const { text } of replies) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toMatch(/\.[jt]s\b|\bat \S+:\d|node_modules/);
  }
  const [now, before] = replies.map((reply) => rpc(reply));
  return [now ?? {}, before ?? {}];
}

function call(name: string): Promise<[RpcMessage, RpcMessage]> {
  return answers('tools/call', { name, arguments: {} });
}

async function stillServes(): Promise<void> {
  for (const message of await call('works')) expect(message.result).toMatchObject({ content: [{ text: 'works' }] });
}

const reference = '[A-Za-z0-9_-]{8}';

describe('a tool that fails is answered with one sentence and no stack (D7)', () => {
  it.each(['throws', 'rejects', 'throwsText', 'throwsNothing', 'throwsTrap', 'returnsTrap'])('%s', async (name) => {
    for (const message of await call(name)) {
      expect(message).toMatchObject({ result: { isError: true, content: [{ type: 'text', text: expect.stringMatching(new RegExp(`^${name} failed \\(reference ${reference}\\)$`)) }] } });
    }
    await stillServes();
  });
});

describe('a tool that does not end is answered at its time (D8)', () => {
  it.each([['neverSettles', TIMEOUT_MS], ['hasItsOwnTime', TIMEOUT_MS / 2], ['heedsTheSignal', TIMEOUT_MS]])('%s', async (name, ms) => {
    for (const message of await call(name)) {
      expect(message).toMatchObject({ result: { isError: true, content: [{ type: 'text', text: `${name} did not finish within ${ms / 1000} s` }] } });
    }
    await stillServes();
  });

  it('fires the signal of each', () => {
    expect(signals.filter((signal) => signal === 'aborted')).toHaveLength(2);
  });

  it('drops what such a tool says, asks and throws afterwards, and runs no step of it', async () => {
    for (const message of await call('talksOnAfterTheEnd')) expect(message).toHaveProperty('result.isError', true);
    later.resolve();
    await stillServes();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(unhandled).toEqual([]);
    await stillServes();
  });

  it('frees its place: many at once do not keep the others waiting', async () => {
    const hung = Array.from({ length: 20 }, () => call('neverSettles'));
    await stillServes();
    expect(await within('the hung calls', Promise.all(hung))).toHaveLength(20);
    await stillServes();
  });
});

describe('a tool whose result cannot be sent is an error without a word of it (D7, D14)', () => {
  it.each([
    ['returnsCycle', 'The result cannot be sent'], ['returnsBigInt', 'The result cannot be sent'],
    ['returnsHugeText', 'The result is larger than this server sends'], ['returnsHugeList', 'The result is larger than this server sends'],
    ['breaksItsSchema', 'The result does not match its own schema and was withheld'],
  ])('%s', async (name, say) => {
    for (const message of await call(name)) expect(message.error).toEqual({ code: -32603, message: say });
    await stillServes();
  });

  it('what a schema does not know is not looked at, be it a cycle', async () => {
    for (const message of await call('returnsCycleStructured')) expect(message.result).toMatchObject({ structuredContent: { sum: 1 } });
  });

  it('takes the first result of a tool that settles twice', async () => {
    for (const message of await call('settlesTwice')) expect(message.result).toMatchObject({ content: [{ text: 'first' }] });
  });
});

describe('resources and prompts that misbehave are JSON-RPC errors (D7, D8)', () => {
  it.each<[string, string, Record<string, unknown>, object]>([
    ['a resource that throws', 'resources/read', { uri: 'x://throws' }, { code: -32603, message: 'Internal error', data: { reference: expect.stringMatching(new RegExp(`^${reference}$`)) } }],
    ['a resource that never settles', 'resources/read', { uri: 'x://never' }, { code: 1504, message: 'The call did not finish in time' }],
    ['a prompt that throws', 'prompts/get', { name: 'promptThrows' }, { code: -32603, message: 'Internal error', data: { reference: expect.any(String) } }],
  ])('%s', async (_, method, params, error) => {
    for (const message of await answers(method, params)) expect(message.error).toEqual(error);
    await stillServes();
  });
});

describe('the log', () => {
  it('has no error line for a failure on purpose, nor for a round of questions', async () => {
    const errors: unknown[] = [];
    const ignore = (): void => undefined;
    gatehouse.app.useLogger({ log: ignore, warn: ignore, error: (message: unknown) => errors.push(message) });
    for (const message of await call('saysNo')) expect(message.result).toMatchObject({ isError: true, content: [{ text: 'not today' }] });
    const { headers, json } = perRequest(1, 'tools/call', { name: 'asks', arguments: {}, _meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } } });
    expect(rpc(await send(`${gatehouse.url}/mcp`, { headers, json }))).toMatchObject({ result: { resultType: 'input_required' } });
    expect(errors).toEqual([]);
  });
});

describe('the process', () => {
  it('was told of no rejection that nobody handled', () => {
    expect(unhandled).toEqual([]);
  });
});
