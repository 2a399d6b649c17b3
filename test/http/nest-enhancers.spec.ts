/** Guards, pipes, interceptors and filters of Nest stand before every kind of method, and none is left out in silence. */
import {
  BadRequestException, Catch, Controller, Inject, Injectable, Module, Scope, UseFilters, UseGuards, UseInterceptors, UsePipes,
  type ArgumentMetadata, type ArgumentsHost, type CallHandler, type CanActivate, type ExceptionFilter, type ExecutionContext, type NestInterceptor, type PipeTransform, type Provider, type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import type { ToolContext } from '../../src/tools/context.js';
import { Completion, Prompt, Resource, ResourceTemplate, Tool } from '../../src/tools/decorators.js';
import { ToolError } from '../../src/tools/tool-error.js';
import { startGatehouse } from '../support/gatehouse.js';
import { perRequest, rpc, send, type RpcMessage } from '../support/http-mcp.js';

let trail: string[];
let gatehouse: Gatehouse | undefined;

beforeEach(() => {
  trail = [];
});
afterEach(() => gatehouse?.close());

/** Starts with these providers; answers a request of 2026-07-28. */
async function serve(providers: Provider[], controllers: Type[] = []): Promise<(method: string, params: Record<string, unknown>) => Promise<RpcMessage>> {
  @Module({ providers, controllers })
  class Own {}
  const started = await startGatehouse({ modules: [Own] });
  gatehouse = started;
  return async (method, params) => {
    const { headers, json } = perRequest(1, method, params);
    return rpc(await send(`${started.url}/mcp`, { headers, json }));
  };
}

const callTool = (name: string, args: object = {}): [string, Record<string, unknown>] => ['tools/call', { name, arguments: args }];
const textResult = (text: string, more: object = {}): object => ({ result: expect.objectContaining({ content: [{ type: 'text', text }], ...more }) });

@Injectable()
class Watch implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    trail.push(`guard ${context.getType()} ${context.getClass().name}.${context.getHandler().name}`);
    return true;
  }
}

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    trail.push('denied');
    return false;
  }
}

@Injectable({ scope: Scope.REQUEST })
class DenyAnew implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: ToolContext) {}
  canActivate(): boolean {
    trail.push(`denied ${this.request.transport}`);
    return false;
  }
}

@Injectable()
class Around implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    trail.push(`before ${context.getType()}`);
    return next.handle().pipe(map((value: unknown) => {
      trail.push('after');
      return typeof value === 'string' ? `${value}!` : value;
    }));
  }
}

/** As ValidationPipe does it: what the caller sent is made an instance of the class the method declares. */
@Injectable()
class Instantiate implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    const plain = !metatype || [String, Boolean, Number, Array, Object].some((known) => known === metatype);
    trail.push(`pipe ${type}`);
    return type !== 'body' || plain ? value : Object.assign(new metatype(), value);
  }
}

@Catch()
class Soften implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): string {
    trail.push(`filter ${host.getType()}`);
    return `softened: ${error instanceof Error ? error.message : 'unknown'}`;
  }
}

class Seat {
  declare row: string;
  get label(): string {
    return `seat ${this.row}`;
  }
}

const kinds: [kind: string, method: string, params: Record<string, unknown>, seen: string[]][] = [
  ['tool', ...callTool('tool', { row: 'A' }), ['seat A', 'context']],
  ['resource', 'resources/read', { uri: 'x://r' }, ['x://r', 'context']],
  ['template', 'resources/read', { uri: 'x://f/1' }, ['x://f/1', '{"id":"1"}', 'context']],
  ['prompt', 'prompts/get', { name: 'prompt', arguments: { row: 'A' } }, ['seat A', 'context']],
  ['completion', 'completion/complete', { ref: { type: 'ref/prompt', name: 'prompt' }, argument: { name: 'row', value: 'a' }, context: { arguments: { side: 'left' } } }, ['a', '{"side":"left"}', 'context']],
];

function shown(value: unknown): string {
  if (value instanceof Seat) return value.label;
  if (value instanceof URL) return value.href;
  if (typeof value === 'object' && value !== null && 'signal' in value) return 'context';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const anyObject = { type: 'object' };

/** Every kind of method, with no enhancer of its own. */
class Bare {
  @Tool({ inputSchema: anyObject })
  tool(seat: Seat, context: ToolContext): string {
    return this.saw(seat, context);
  }
  @Resource({ uri: 'x://r' })
  resource(uri: URL, context: ToolContext): string {
    return this.saw(uri, context);
  }
  @ResourceTemplate({ uriTemplate: 'x://f/{id}' })
  template(uri: URL, variables: Record<string, string>, context: ToolContext): string {
    return this.saw(uri, variables, context);
  }
  @Prompt({ argsSchema: anyObject })
  prompt(seat: Seat, context: ToolContext): string {
    return this.saw(seat, context);
  }
  @Completion({ prompt: 'prompt', argument: 'row' })
  completion(value: string, others: Record<string, string>, context: ToolContext): string[] {
    return [this.saw(value, others, context)];
  }
  private saw(...args: unknown[]): string {
    trail.push(...args.map(shown));
    return 'done';
  }
}

@UseGuards(Watch)
@UsePipes(Instantiate)
@UseInterceptors(Around)
class Enhanced extends Bare {}

describe.each(kinds)('a %s method', (kind, method, params, seen) => {
  it('gets its arguments and then its context, with no enhancer at all', async () => {
    const ask = await serve([Bare]);
    expect(await ask(method, params)).toHaveProperty('result');
    expect(trail).toEqual(seen.map((text) => text.replace('seat A', '{"row":"A"}')));
  });

  it('stands behind the guard, interceptor and pipe of its class, which see the type mcp', async () => {
    const ask = await serve([Enhanced]);
    const answer = await ask(method, params);
    expect(trail.filter((step) => !step.startsWith('pipe'))).toEqual([`guard mcp Enhanced.${kind}`, 'before mcp', ...seen, 'after']);
    expect(trail).toContain(kind === 'resource' || kind === 'template' ? 'pipe custom' : 'pipe body');
    expect(answer).toHaveProperty('result');
  });

  it('stands behind those that the application has for everything', async () => {
    const ask = await serve([
      Bare, { provide: APP_GUARD, useClass: Watch }, { provide: APP_PIPE, useClass: Instantiate }, { provide: APP_INTERCEPTOR, useClass: Around },
    ]);
    await ask(method, params);
    expect(trail.filter((step) => !step.startsWith('pipe'))).toEqual([`guard mcp Bare.${kind}`, 'before mcp', ...seen, 'after']);
  });

  it.each<[string, Provider[]]>([
    ['its class', []], ['the application', [{ provide: APP_GUARD, useClass: Deny }]], ['the application, made anew for each call', [{ provide: APP_GUARD, useClass: DenyAnew }]],
  ])('does not run when a guard of %s denies it', async (_, providers) => {
    @UseGuards(Deny)
    class Denied extends Bare {}
    const ask = await serve(providers.length > 0 ? [Bare, ...providers] : [Denied]);
    const answer = await ask(method, params);
    expect(trail).toEqual([expect.stringMatching(/^denied( streamable-http)?$/)]);
    expect(JSON.stringify(answer)).toContain('Forbidden resource');
    expect(answer.result === undefined).toBe(kind !== 'tool');
  });
});

describe('a guard holds wherever the tool stands', () => {
  @Controller()
  class Guarded {
    @UseGuards(Deny)
    @Tool()
    guarded(): string {
      return 'ran';
    }
  }

  it.each<[string, Provider]>([
    ['a provider', Guarded], ['a provider under another token', { provide: 'token', useClass: Guarded }], ['a provider of request scope', { provide: Guarded, useClass: Guarded, scope: Scope.REQUEST }],
  ])('%s', async (_, provider) => {
    const ask = await serve([provider]);
    expect(await ask(...callTool('guarded'))).toEqual(expect.objectContaining(textResult('Forbidden resource', { isError: true })));
    expect(trail).toEqual(['denied']);
  });

  it.each<[string, Provider[], Type[]]>([
    ['a controller', [], [Guarded]], ['a value', [{ provide: Guarded, useValue: new Guarded() }], []], ['the product of a factory', [{ provide: 'token', useFactory: () => new Guarded() }], []],
  ])('%s stops the start, because Nest would leave its guards out', async (_, providers, controllers) => {
    await expect(serve(providers, controllers)).rejects.toThrow('Guarded offers tools, resources or prompts, but is no provider that Nest makes from its class: its guards would not hold');
  });

  it('a provider that a factory hands on under another name is offered once, guarded', async () => {
    const ask = await serve([Guarded, { provide: 'alias', useFactory: (guarded: Guarded) => guarded, inject: [Guarded] }, { provide: 'other', useExisting: Guarded }]);
    expect(await ask(...callTool('guarded'))).toEqual(expect.objectContaining(textResult('Forbidden resource', { isError: true })));
  });
});

describe('pipes and filters', () => {
  class Refuse implements PipeTransform {
    transform(value: unknown, { type }: ArgumentMetadata): unknown {
      if (type === 'body') throw new BadRequestException(['row must be a letter', 'side is missing']);
      return value;
    }
  }

  it('a pipe that refuses is answered with its sentences, and the method does not run', async () => {
    @Injectable()
    class Piped {
      @UsePipes(Refuse)
      @Tool({ inputSchema: anyObject })
      piped(): string {
        trail.push('ran');
        return '';
      }
    }
    const ask = await serve([Piped]);
    expect(await ask(...callTool('piped'))).toEqual(expect.objectContaining(textResult('row must be a letter; side is missing', { isError: true })));
    expect(trail).toEqual([]);
  });

  it.each<[string, boolean]>([['method', true], ['application', false]])('a filter of the %s answers in place of the error', async (_, own) => {
    class Failing {
      @Tool()
      failing(): never {
        throw new ToolError('no seat');
      }
    }
    class Filtered {
      @UseFilters(Soften)
      @Tool()
      failing(): never {
        throw new ToolError('no seat');
      }
    }
    const ask = await serve(own ? [Filtered] : [Failing, { provide: APP_FILTER, useClass: Soften }]);
    expect(await ask(...callTool('failing'))).toEqual(expect.objectContaining(textResult('softened: no seat')));
    expect(trail).toEqual(['filter mcp']);
  });
});
