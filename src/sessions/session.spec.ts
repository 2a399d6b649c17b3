/** What a session keeps of `initialize`: whatever is malformed counts as absent. */
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../protocol/message.js';
import { clientOf } from './session.js';

describe('the client of a session', () => {
  it('is who it says it is and can do what it says', () => {
    const clientInfo = { name: 'c', version: '1', title: 'C' };
    const capabilities = { roots: { listChanged: true }, sampling: {}, elicitation: { form: {} }, experimental: { own: {} } };
    expect(clientOf({ clientInfo, capabilities })).toEqual({ clientInfo, clientCapabilities: capabilities });
  });

  it.each<[string, JsonValue]>([['nothing', null], ['a text', 'c'], ['no version', { name: 'c' }], ['a name that is no text', { name: 1, version: '1' }], ['a list', []]])('has no name where that is %s', (_, clientInfo) => {
    expect(clientOf({ clientInfo })).toEqual({ clientInfo: undefined, clientCapabilities: {} });
  });

  it('keeps only the known members of its name, and only well-formed capabilities', () => {
    const params: JsonObject = { clientInfo: { name: 'c', version: '1', title: 7, secret: 'x' }, capabilities: { roots: true, sampling: null, elicitation: [], tasks: {} } };
    expect(clientOf(params)).toEqual({ clientInfo: { name: 'c', version: '1' }, clientCapabilities: { tasks: {} } });
  });
});
