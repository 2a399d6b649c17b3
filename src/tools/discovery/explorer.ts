/** Finds decorated methods on providers and offers them, behind the guards, pipes, interceptors and filters they carry. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ContextIdFactory, DiscoveryService, ExternalContextCreator, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { Catalogue } from '../catalogue.js';
import { ARGUMENTS, DECLARATIONS, type Declaration } from '../decorators.js';

type Invoke = (...args: unknown[]) => unknown;
type Methods = Record<string, Invoke>;

// Nest asks by argument type; a method's only typed argument is its first, what the caller sent.
const firstArgument = { exchangeKeyForValue: (_type: number, _data: unknown, args: unknown[]) => args[0] };

@Injectable()
export class Explorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService, private readonly scanner: MetadataScanner,
    private readonly contexts: ExternalContextCreator, private readonly moduleRef: ModuleRef,
    private readonly catalogue: Catalogue,
  ) {}

  /** Offers everything declared. Throws, and so stops the start, when a declaration is refused. */
  onModuleInit(): void {
    const offered = new Set<unknown>();
    const providers = this.discovery.getProviders();
    for (const wrapper of providers) {
      const { metatype } = wrapper;
      if (typeof metatype !== 'function' || wrapper.isAlias || offered.has(metatype)) continue;
      for (const [name, method, declarations] of this.#declared(metatype.prototype)) {
        offered.add(metatype);
        const invoke = this.#invoker(wrapper, method, name);
        for (const declaration of declarations) this.#offer(declaration, name, invoke);
      }
    }
    this.#refuseUnguarded([...providers, ...this.discovery.getControllers()], offered);
  }

  #declared(prototype: object | undefined): [name: string, method: Invoke, declarations: Declaration[]][] {
    if (!prototype) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((name): [string, Invoke, Declaration[]][] => {
      const method: Invoke | undefined = Reflect.get(prototype, name);
      const declarations: Declaration[] | undefined = method && Reflect.getMetadata(DECLARATIONS, method);
      return method && declarations ? [[name, method, declarations]] : [];
    });
  }

  // Of a controller, a value or a factory's product Nest would leave out the guards in silence.
  #refuseUnguarded(wrappers: readonly InstanceWrapper<unknown>[], offered: ReadonlySet<unknown>): void {
    for (const { instance } of wrappers) {
      if (typeof instance !== 'object' || instance === null) continue;
      const prototype: object | null = Object.getPrototypeOf(instance);
      if (!prototype || offered.has(prototype.constructor) || this.#declared(prototype).length === 0) continue;
      throw new Error(`${prototype.constructor.name} offers tools, resources or prompts, but is no provider that Nest makes from its class: its guards would not hold`);
    }
  }

  #offer(declaration: Declaration, method: string, invoke: Invoke): void {
    switch (declaration.kind) {
      case 'tool': return void this.catalogue.addTool({ ...declaration.options, name: declaration.options.name ?? method }, invoke);
      case 'resource': return void this.catalogue.addResource({ ...declaration.options, name: declaration.options.name ?? method }, invoke);
      case 'template': return void this.catalogue.addResourceTemplate({ ...declaration.options, name: declaration.options.name ?? method }, invoke);
      case 'prompt': return void this.catalogue.addPrompt({ ...declaration.options, name: declaration.options.name ?? method }, invoke);
      case 'completion': return this.catalogue.addCompletion(declaration.options, invoke);
    }
  }

  #invoker(wrapper: InstanceWrapper<unknown>, method: Invoke, name: string): Invoke {
    if (wrapper.isDependencyTreeStatic()) return this.#create(wrapper.instance, method, name);
    // A provider of request scope is made anew for each call and forgotten with it.
    return async (...args: unknown[]) => {
      const contextId = ContextIdFactory.create();
      this.moduleRef.registerRequestByContextId(args.at(-1), contextId);
      const instance: unknown = await this.moduleRef.resolve(wrapper.token, contextId, { strict: false });
      return this.#create(instance, method, name, contextId)(...args);
    };
  }

  #create(instance: unknown, method: Invoke, name: string, contextId?: ReturnType<typeof ContextIdFactory.create>): Invoke {
    const host = instance as Methods;
    return this.contexts.create(host, method, name, ARGUMENTS, firstArgument, contextId, undefined, undefined, 'mcp');
  }
}
