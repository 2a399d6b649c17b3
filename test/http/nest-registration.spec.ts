/** Providers of any scope are discovered once, at the start; registration at run time is told and served at once. */
import { Inject, Injectable, Module, Scope, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import type { ToolContext } from '../../src/tools/context.js';
import { Completion, Prompt, Resource, ResourceTemplate, Tool, type ToolOptions } from '../../src/tools/decorators.js';
import { startGatehouse } from '../support/gatehouse.js';
import { McpSession, perRequest, rpc, send, type RpcMessage } from '../support/http-mcp.js';

let gatehouse: Gatehouse | undefined;
let made: string[];

beforeEach(() => {
  made = [];
});
afterEach(async () => {
  await gatehouse?.close();
  gatehouse = undefined;
});

async function start(...modules: (Type | DynamicModule)[]): Promise<Gatehouse> {
  gatehouse = await startGatehouse({ modules });
  return gatehouse;
}

function moduleOf(providers: Provider[], imports: (Type | DynamicModule)[] = []): DynamicModule {
  @Module({})
  class Own {}
  return { module: Own, providers, imports, exports: providers };
}

async function ask(method: string, params: Record<string, unknown> = {}): Promise<RpcMessage> {
  const { headers, json } = perRequest(1, method, params);
  return rpc(await send(`${gatehouse?.url}/mcp`, { headers, json }));
}

async function textOf(name: string, args: object = {}): Promise<unknown> {
  const { result } = await ask('tools/call', { name, arguments: args });
  return z.looseObject({ content: z.array(z.object({ text: z.string() }).transform(({ text }) => text)) }).parse(result).content[0];
}

async function listed(kind = 'tools'): Promise<string[]> {
  const { result } = await ask(kind === 'resourceTemplates' ? 'resources/templates/list' : `${kind}/list`);
  const own = z.array(z.looseObject({ name: z.string() })).parse(result?.[kind]).map(({ name }) => name);
  return own.filter((name) => !['data_transform', 'echo', 'greet', 'server_time'].includes(name));
}

class Named {
  @Tool()
  bookSeat(): string {
    return 'booked';
  }
  @Tool({ name: 'other.name' })
  renamed(): string {
    return 'renamed';
  }
  @Resource({ uri: 'x://seats' })
  seats(): string {
    return 'A1';
  }
  @ResourceTemplate({ uriTemplate: 'x://seats/{id}' })
  seat(): string {
    return 'A1';
  }
  @Prompt()
  sellSeat(): string {
    return 'Sell!';
  }
  @Completion({ uriTemplate: 'x://seats/{id}', argument: 'id' })
  ids(value: string): string[] {
    return ['A1', 'A2', 'B1'].filter((id) => id.startsWith(value));
  }
}

describe('what providers declare is offered from the start', () => {
  it('under the name of the method where no other is given', async () => {
    await start(moduleOf([Named]));
    expect([await listed(), await listed('resources'), await listed('resourceTemplates'), await listed('prompts')]).toEqual([['bookSeat', 'other.name'], ['seats'], ['seat'], ['sellSeat']]);
    expect([await textOf('bookSeat'), await textOf('other.name')]).toEqual(['booked', 'renamed']);
  });

  it('with completions of template variables', async () => {
    await start(moduleOf([Named]));
    const { result } = await ask('completion/complete', { ref: { type: 'ref/resource', uri: 'x://seats/{id}' }, argument: { name: 'id', value: 'A' } });
    expect(result).toMatchObject({ completion: { values: ['A1', 'A2'], total: 2, hasMore: false } });
  });

  it('once for a class that two modules provide and export to a third', async () => {
    const [one, two] = [moduleOf([Named]), moduleOf([Named])];
    await start(one, two, moduleOf([], [one, two]));
    expect(await listed()).toEqual(['bookSeat', 'other.name']);
  });

  it('once for a class under two tokens', async () => {
    await start(moduleOf([Named, { provide: 'token', useClass: Named }]));
    expect(await listed()).toEqual(['bookSeat', 'other.name']);
  });
});

describe('a declaration that is refused stops the start with the reason', () => {
  function classWith(options: ToolOptions): Type {
    class Refused {
      @Tool(options)
      refused(): string {
        return '';
      }
    }
    return Refused;
  }

  it.each<[string, ToolOptions, string]>([
    ['a remote reference', { inputSchema: { type: 'object', properties: { a: { $ref: 'https://example.com/a' } } } }, 'Tool refused is refused: it refers to https://example.com/a, which is not part of it; nothing is fetched'],
    ['input that is no object', { inputSchema: z.array(z.string()) }, 'Tool refused is refused: its inputSchema does not describe an object'],
    ['an unknown dialect', { inputSchema: { $schema: 'urn:none', type: 'object' } }, 'Tool refused is refused: its dialect "urn:none" is not supported'],
    ['a schema bomb (D2)', { inputSchema: { type: 'object', allOf: [{ $ref: '#' }] } }, 'Tool refused is refused: it refers to itself'],
    ['a malformed name', { name: 'no spaces' }, 'Tool no spaces: a name has 1 to 128 of A-Z a-z 0-9 _ - . /'],
    ['a name that is taken', { name: 'echo' }, 'echo is offered twice'],
  ])('%s', async (_, options, reason) => {
    await expect(start(moduleOf([classWith(options)]))).rejects.toThrow(reason);
  });
});

describe('providers of request scope', () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerCall {
    readonly id = `call ${made.push('made')}`;
    calls = 0;

    constructor(@Inject(REQUEST) private readonly request: ToolContext) {}

    @Tool({ inputSchema: { type: 'object' } })
    perCall(args: { n: number }, context: ToolContext): string {
      return `${this.id}, ${++this.calls}, ${args.n}, ${this.request === context}`;
    }
  }

  @Injectable()
  class Above {
    constructor(private readonly perCall: PerCall) {}

    @Tool()
    above(): string {
      return this.perCall.id;
    }
  }

  it('are made anew for each call, with the context of the call as their request', async () => {
    await start(moduleOf([PerCall]));
    expect([await textOf('perCall', { n: 1 }), await textOf('perCall', { n: 2 })]).toEqual(['call 1, 1, 1, true', 'call 2, 1, 2, true']);
  });

  it('make what depends on them of request scope too', async () => {
    await start(moduleOf([PerCall, Above]));
    expect([await textOf('above'), await textOf('above')]).toEqual(['call 1', 'call 2']);
  });

  it('keep calls that run side by side apart (D17)', async () => {
    await start(moduleOf([PerCall]));
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => textOf('perCall', { n })));
    expect(answers.map((answer) => String(answer).replace(/^call \d+, /, ''))).toEqual(Array.from({ length: 50 }, (_, n) => `1, ${n}, true`));
    expect(new Set(answers).size).toBe(50);
  });
});

describe('registration at run time', () => {
  it('offers, changes and withdraws a tool from one request to the next', async () => {
    const catalogue = (await start()).app.get(Catalogue);
    expect(await ask('tools/call', { name: 'late', arguments: {} })).toMatchObject({ error: { message: 'Unknown tool: late' } });
    const late = catalogue.addTool({ name: 'late', inputSchema: z.object({ n: z.coerce.number() }) }, ({ n }, context) => `${typeof n} ${context.revision}`);
    expect([await listed(), await textOf('late', { n: '1' })]).toEqual([['late'], 'number 2026-07-28']);
    late.update({ inputSchema: z.object({ n: z.string() }) });
    expect(await textOf('late', { n: '1' })).toBe('string 2026-07-28');
    late.remove();
    expect(await listed()).toEqual([]);
    expect(await ask('tools/call', { name: 'late', arguments: {} })).toMatchObject({ error: { message: 'Unknown tool: late' } });
  });

  it('lets a call that runs finish after its tool was withdrawn', async () => {
    const catalogue = (await start()).app.get(Catalogue);
    const [running, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const slow = catalogue.addTool({ name: 'slow' }, () => {
      running.resolve();
      return answer.promise;
    });
    const call = textOf('slow');
    await running.promise;
    slow.remove();
    answer.resolve('finished');
    expect(await call).toBe('finished');
  });

  it('is told to the open stream of a session', async () => {
    const catalogue = (await start()).app.get(Catalogue);
    const stream = await (await McpSession.open(gatehouse?.url ?? '')).listen();
    catalogue.addTool({ name: 'a' }, () => '');
    catalogue.addPrompt({ name: 'a' }, () => '').remove();
    catalogue.addResource({ name: 'a', uri: 'x://a' }, () => '');
    for (const kind of ['tools', 'prompts', 'resources']) {
      const method = `notifications/${kind}/list_changed`;
      expect(await stream.message(method, (message) => message.method === method)).toEqual({ jsonrpc: '2.0', method });
    }
    stream.close();
  });
});
