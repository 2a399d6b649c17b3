/**
 * Holds messages of the server against the specification's own schemas: the published JSON schema of the revision,
 * and for the newest ones the zod schemas of `@modelcontextprotocol/core` as well. The files in `schemas/` are
 * `schema/<revision>/schema.json` of github.com/modelcontextprotocol/modelcontextprotocol, unchanged.
 */
import { readFileSync } from 'node:fs';
import * as core from '@modelcontextprotocol/core';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as formats from 'ajv-formats';
import { z } from 'zod';
import type { WireMessage } from './mcp-wire.js';

/** The definition of the result of each method. */
const RESULTS: Record<string, string> = {
  'initialize': 'InitializeResult', 'ping': 'EmptyResult', 'logging/setLevel': 'EmptyResult', 'completion/complete': 'CompleteResult',
  'tools/list': 'ListToolsResult', 'tools/call': 'CallToolResult', 'prompts/list': 'ListPromptsResult', 'prompts/get': 'GetPromptResult',
  'resources/list': 'ListResourcesResult', 'resources/templates/list': 'ListResourceTemplatesResult', 'resources/read': 'ReadResourceResult',
  'resources/subscribe': 'EmptyResult', 'resources/unsubscribe': 'EmptyResult',
  'server/discover': 'DiscoverResult', 'subscriptions/listen': 'SubscriptionsListenResult',
};

const published = z.looseObject({ $schema: z.string(), definitions: z.looseObject({}).optional(), $defs: z.looseObject({}).optional() });

/** One revision's schema. */
export class RevisionSchema {
  readonly #ajv: Ajv;
  readonly #root: string;
  readonly #names: ReadonlySet<string>;
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(readonly revision: string) {
    // 2024-10-07 was published as text alone; the schema of the revision after it is the nearest.
    const file = revision === '2024-10-07' ? '2024-11-05' : revision;
    const schema = published.parse(JSON.parse(readFileSync(new URL(`schemas/${file}.json`, import.meta.url), 'utf8')));
    // The schemas allow several types at once and use formats of their own; strict mode forbids both.
    const options = { strict: false, allErrors: true };
    this.#ajv = schema.$schema.includes('2020-12') ? new Ajv2020(options) : new Ajv(options);
    formats.default.default(this.#ajv);
    this.#ajv.addSchema(schema, 'mcp');
    this.#root = schema.$defs ? '$defs' : 'definitions';
    this.#names = new Set(Object.keys(schema.$defs ?? schema.definitions ?? {}));
  }

  /** What is wrong with a message; nothing for a good one. `method` is that of the request it answers. */
  faultsOf(message: WireMessage, method: string | undefined): string[] {
    return this.#definitionsOf(message, method).flatMap(([definition, value]) => this.#check(definition, value));
  }

  #definitionsOf(message: WireMessage, method: string | undefined): [definition: string, value: unknown][] {
    if (message.method !== undefined) return [[message.id === undefined ? 'ServerNotification' : 'ServerRequest', message], ['JSONRPCMessage', message]];
    if (message.error) return [[this.#names.has('JSONRPCErrorResponse') ? 'JSONRPCErrorResponse' : 'JSONRPCError', message]];
    const envelope: [string, unknown] = [this.#names.has('JSONRPCResultResponse') ? 'JSONRPCResultResponse' : 'JSONRPCResponse', message];
    const rounds = message.result?.['resultType'] === 'input_required';
    return [envelope, [rounds ? 'InputRequiredResult' : RESULTS[method ?? ''] ?? `the result of ${method}`, message.result]];
  }

  #check(definition: string, value: unknown): string[] {
    if (!this.#names.has(definition)) return [`${this.revision} knows no ${definition}`];
    const validate = this.#compiled.get(definition) ?? this.#ajv.compile({ $ref: `mcp#/${this.#root}/${definition}` });
    this.#compiled.set(definition, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${definition}${instancePath} ${message}`);
  }
}

const coreResults: Record<string, z.core.$ZodType> = {
  InitializeResult: core.InitializeResultSchema, EmptyResult: core.EmptyResultSchema, CompleteResult: core.CompleteResultSchema,
  ListToolsResult: core.ListToolsResultSchema, CallToolResult: core.CallToolResultSchema, ListPromptsResult: core.ListPromptsResultSchema,
  GetPromptResult: core.GetPromptResultSchema, ListResourcesResult: core.ListResourcesResultSchema,
  ListResourceTemplatesResult: core.ListResourceTemplatesResultSchema, ReadResourceResult: core.ReadResourceResultSchema,
  DiscoverResult: core.DiscoverResultSchema, SubscriptionsListenResult: core.SubscriptionsListenResultSchema,
};

/** The same by the official zod schemas, which speak for the newest revisions. */
export function coreFaultsOf(message: WireMessage, method: string | undefined): string[] {
  const schemas: [z.core.$ZodType, unknown][] = [[core.JSONRPCMessageSchema, message]];
  if (message.method !== undefined) {
    const { jsonrpc: _version, id, ...content } = message;
    schemas.push([id === undefined ? core.ServerNotificationSchema : core.ServerRequestSchema, content]);
  } else if (message.result?.['resultType'] === 'input_required') {
    schemas.push([z.record(z.string(), core.ServerRequestSchema), message.result['inputRequests']]);
  } else if (message.result) {
    // The fields of the newest revision belong to the wire; the results of this package are read behind them.
    const { resultType: _type, ttlMs: _ttl, cacheScope: _scope, ...result } = message.result;
    const name = RESULTS[method ?? ''] ?? '';
    const schema = coreResults[name];
    if (!schema) return [`no result is known for ${method}`];
    schemas.push([schema, name === 'DiscoverResult' || name === 'SubscriptionsListenResult' ? message.result : result]);
  }
  return schemas.flatMap(([schema, value]) => {
    const parsed = z.safeParse(schema, value);
    return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`);
  });
}
