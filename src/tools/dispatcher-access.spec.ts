/** Promise P6 and row D11: what a caller may not know of answers as if it were not there, by every way of asking. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DispatcherBench, keeper, stranger, vault } from '../../test/support/dispatcher.js';
import { guest, type Caller } from '../protocol/caller.js';
import type { JsonObject } from '../protocol/message.js';

let bench: DispatcherBench;

beforeEach(() => {
  bench = new DispatcherBench();
});
afterEach(() => bench.close());

const argument = { name: 'a', value: '' };

/** Every way to ask for a thing of a kind, once for one that is there and once for one that is not. */
const ways: [way: string, method: string, there: JsonObject, missing: JsonObject][] = [
  ['calling a tool', 'tools/call', { name: 'vault' }, { name: 'other' }],
  ['getting a prompt', 'prompts/get', { name: 'vault' }, { name: 'other' }],
  ['reading a resource', 'resources/read', { uri: 'x://vault' }, { uri: 'x://other' }],
  ['reading of a template', 'resources/read', { uri: 'y://vault/1' }, { uri: 'y://other/1' }],
  ['completing a prompt', 'completion/complete', { ref: { type: 'ref/prompt', name: 'vault' }, argument }, { ref: { type: 'ref/prompt', name: 'other' }, argument }],
  ['completing a resource', 'completion/complete', { ref: { type: 'ref/resource', uri: 'x://vault' }, argument }, { ref: { type: 'ref/resource', uri: 'x://other' }, argument }],
  ['completing a template', 'completion/complete', { ref: { type: 'ref/resource', uri: 'y://vault/{id}' }, argument }, { ref: { type: 'ref/resource', uri: 'y://other/{id}' }, argument }],
];

/** Offers a vault of each kind. */
function offer(requirement: { roles?: string[]; scopes?: string[] } = {}): void {
  const options = { ...vault, ...requirement };
  bench.catalogue.addTool(options, () => 'gold');
  bench.catalogue.addPrompt(options, () => 'gold');
  bench.catalogue.addResource({ ...options, uri: 'x://vault' }, () => 'gold');
  bench.catalogue.addResourceTemplate({ ...options, uriTemplate: 'y://vault/{id}' }, () => 'gold');
}

describe.each(ways)('%s', (_, method, there, missing) => {
  it('answers whoever may', async () => {
    offer();
    expect(await bench.endOf(method, there)).not.toHaveProperty('error');
    expect(bench.dispatcher.challengeOf({ id: 1, method, params: there }, keeper)).toBeUndefined();
  });

  it('tells a stranger what it says of a thing that is not there (P6)', async () => {
    offer();
    const told = await bench.endOf(method, there, { caller: stranger });
    const toldOfMissing = JSON.stringify(await bench.endOf(method, missing, { caller: stranger }));
    expect(JSON.stringify(told)).toBe(toldOfMissing.replaceAll('other', 'vault'));
    expect(told).toHaveProperty('error');
    expect(bench.dispatcher.challengeOf({ id: 1, method, params: there }, stranger)).toBeUndefined();
  });

  it.each([
    ['a guest to sign in', guest, 'token_missing', { scope: 'mcp files:write' }],
    ['a credential that lacks a scope to bring all of them (D11)', keeper, 'scope_insufficient', { error: 'insufficient_scope', scope: 'mcp files:write' }],
  ])('asks %s', async (_title, caller, name, challenge) => {
    offer({ scopes: ['mcp', 'files:write'] });
    const [final] = (await bench.messagesOf(method, there, { caller })).slice(-1);
    expect(final).toMatchObject({ kind: 'failure', fault: { fault: name, challenge } });
  });
});

describe('a wire that says it elsewhere knows the challenge beforehand', () => {
  it.each(ways.filter(([, method]) => method !== 'completion/complete'))('of %s', (_, method, there, missing) => {
    offer({ scopes: ['mcp', 'files:write'] });
    expect(bench.dispatcher.challengeOf({ id: 1, method, params: there }, guest)).toMatchObject({ fault: 'token_missing', challenge: { scope: 'mcp files:write' } });
    expect(bench.dispatcher.challengeOf({ id: 1, method, params: there }, keeper)).toMatchObject({ fault: 'scope_insufficient', challenge: { error: 'insufficient_scope', scope: 'mcp files:write' } });
    expect(bench.dispatcher.challengeOf({ id: 1, method, params: missing }, guest)).toBeUndefined();
    expect(bench.dispatcher.challengeOf({ id: 1, method, params: {} }, guest)).toBeUndefined();
  });

  it('each kind by its own name', () => {
    const needs = (kind: string): { name: string; roles: string[]; scopes: string[] } => ({ ...vault, scopes: [`${kind}:use`] });
    bench.catalogue.addTool(needs('tool'), () => '');
    bench.catalogue.addPrompt(needs('prompt'), () => '');
    bench.catalogue.addResource({ ...needs('resource'), uri: 'x://vault' }, () => '');
    const asked = ['tools/call', 'prompts/get', 'resources/read'].map((method) => bench.dispatcher.challengeOf({ id: 1, method, params: { name: 'vault', uri: 'x://vault' } }, keeper)?.challenge?.scope);
    expect(asked).toEqual(['tool:use', 'prompt:use', 'resource:use']);
  });

  it('and of nothing else, whatever it is named', () => {
    offer();
    for (const method of ['tools/list', 'ping', 'resources/subscribe']) {
      expect(bench.dispatcher.challengeOf({ id: 1, method, params: { name: 'vault', uri: 'x://vault' } }, guest)).toBeUndefined();
    }
  });
});

describe('headers that repeat arguments', () => {
  const inputSchema = { type: 'object', properties: { city: { type: 'string', 'x-mcp-header': 'City' } } };
  const mirrored = [{ header: 'mcp-param-city', path: ['city'], type: 'string' }];

  it('are asked for where the caller may know of the tool, and of nobody else (P6)', () => {
    bench.catalogue.addTool({ ...vault, inputSchema }, () => 'gold');
    expect(bench.dispatcher.mirroredParameters('vault', keeper)).toEqual(mirrored);
    expect(bench.dispatcher.mirroredParameters('vault', guest)).toEqual(mirrored);
    expect(bench.dispatcher.mirroredParameters('vault', stranger)).toEqual([]);
  });

  it('are asked for by no tool without any, by none that is not there, and by no name that is no text', () => {
    bench.catalogue.addTool({ name: 'plain' }, () => '');
    for (const name of ['plain', 'gone', 7, null, undefined]) expect(bench.dispatcher.mirroredParameters(name, keeper)).toEqual([]);
  });
});

describe('news of a resource', () => {
  it.each(['x://vault', 'y://vault/1'])('%s is for those who may know of it (P6)', (uri) => {
    offer();
    const mayHear = (caller: Caller): boolean => bench.dispatcher.mayHearOf(caller, uri);
    expect([mayHear(keeper), mayHear(guest), mayHear(stranger)]).toEqual([true, true, false]);
  });

  it('that is not offered is for everyone: there is nothing to keep from him', () => {
    for (const uri of ['x://vault', 'no uri']) expect(bench.dispatcher.mayHearOf(stranger, uri)).toBe(true);
  });
});
