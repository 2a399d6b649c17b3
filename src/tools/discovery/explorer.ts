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
    const seen = new Set<unknown>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const { metatype } = wrapper;
      if (typeof metatype !== 'function' || !metatype.prototype || wrapper.isAlias || seen.has(metatype)) continue;
      const prototype: Methods = metatype.prototype;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const method = prototype[name];
        const declarations: Declaration[] = (method && Reflect.getMetadata(DECLARATIONS, method)) ?? [];
        if (!method || declarations.length === 0) continue;
        seen.add(metatype);
        const invoke = this.#invoker(wrapper, method, name);
        for (const declaration of declarations) this.#offer(declaration, name, invoke);
      }
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
