/** Real messages of every revision, as clients send them: what the fuzzer damages. */
import { accepted, perRequest } from '../../support/http-mcp.js';
import type { Dice } from './dice.js';

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** One HTTP request, before it is damaged. */
export interface Sample {
  /** Whose rules the answer keeps. */
  revision: string;
  method: 'POST' | 'GET' | 'DELETE';
  path: string;
  headers: Record<string, string>;
  body: Json | undefined;
}

/** Sessions that are open, by revision: the id, or for 2024-11-05 the address to post to. */
export interface Rooms {
  readonly sessions: ReadonlyMap<string, string>;
  /** The `requestState` that was last handed out. */
  readonly state: string | undefined;
}

/** The revisions that have sessions. */
export const SESSION_REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
const REVISIONS = [...SESSION_REVISIONS, '2026-07-28', '2026-07-28'] as const;

type Asked = [method: string, params: Record<string, Json>];

const TEXT: Json = { name: 'note', arguments: { text: 'fuzz' } };
const EVERYWHERE: readonly [Asked, ...Asked[]] = [
  ['tools/list', {}], ['tools/call', TEXT], ['tools/call', { name: 'echo', arguments: { message: 'Grüße 東京 \u{1F600}' } }],
  ['tools/call', { name: 'said', arguments: { text: 'x' }, _meta: { progressToken: 'p' } }],
  ['tools/call', { name: 'placed', arguments: { region: 'eu', level: 42, dry: true } }], ['tools/call', { name: 'test_multiple_content_types', arguments: {} }],
  ['tools/call', { name: 'test_audio_content', arguments: {} }], ['tools/call', { name: 'test_error_handling', arguments: {} }],
  ['tools/call', { name: 'json_schema_2020_12_tool', arguments: { name: 'Ada', contactMethod: 'email', email: 'a@b.c', address: { street: 's', city: 'c' } } }],
  ['tools/call', { name: 'data_transform', arguments: { data: 'a,b\n3,4\n1,2\n', inputFormat: 'csv', stages: [{ op: 'sort', by: [{ column: 'a' }] }, { op: 'limit', count: 1 }] } }],
  ['tools/call', { name: 'test_elicitation', arguments: { message: 'Who?' } }], ['tools/call', { name: 'test_sampling', arguments: { prompt: 'Hello' } }],
  ['resources/list', {}], ['resources/templates/list', {}], ['resources/read', { uri: 'test://static-text' }], ['resources/read', { uri: 'test://static-binary' }],
  ['resources/read', { uri: 'test://template/4%2F2/data' }], ['prompts/list', {}], ['prompts/get', { name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } }],
  ['prompts/get', { name: 'test_prompt_with_image' }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' }, argument: { name: 'arg1', value: 'pa' }, context: { arguments: { arg2: 'x' } } }],
];
const IN_SESSIONS: readonly [Asked, ...Asked[]] = [
  ['ping', {}], ['logging/setLevel', { level: 'debug' }], ['resources/subscribe', { uri: 'test://watched-resource' }], ['resources/unsubscribe', { uri: 'test://watched-resource' }],
  ['tools/list', { cursor: 'bm90IGEgY3Vyc29y' }],
];
const PER_REQUEST: readonly [Asked, ...Asked[]] = [
  ['server/discover', {}], ['subscriptions/listen', { notifications: { toolsListChanged: true, resourceSubscriptions: ['test://watched-resource'] } }],
  ['tools/call', { name: 'test_input_required_result_multi_round', arguments: {} }], ['tools/call', { name: 'test_input_required_result_elicitation', arguments: {} }],
];
const NOTICES: readonly [Asked, ...Asked[]] = [
  ['notifications/initialized', {}], ['notifications/cancelled', { requestId: 1, reason: 'changed my mind' }], ['notifications/roots/list_changed', {}],
  ['notifications/progress', { progressToken: 'p', progress: 1, total: 2 }],
];
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: { listChanged: true } };

/** A message nobody could object to. */
export function sampleOf(dice: Dice, index: number, rooms: Rooms): Sample {
  const revision = dice.pick(REVISIONS);
  const id = dice.chance(0.5) ? index : `f-${index}`;
  if (revision === '2026-07-28') return requestSample(dice, id, rooms.state);
  const session = rooms.sessions.get(revision) ?? 'none';
  if (revision === '2024-11-05') return { revision, method: 'POST', path: session, headers: { 'content-type': 'application/json' }, body: messageOf(dice, id, revision) };
  const headers = { ...accepted, 'mcp-session-id': session, 'mcp-protocol-version': revision };
  if (dice.chance(0.005)) return { revision, method: 'DELETE', path: '/mcp', headers, body: undefined };
  if (dice.chance(0.01)) return { revision, method: 'GET', path: '/mcp', headers: { ...headers, 'last-event-id': `${id}` }, body: undefined };
  if (dice.chance(0.01)) return { revision, method: 'POST', path: '/mcp', headers: accepted, body: initializeOf(id, revision) };
  const batch = revision === '2025-03-26' && dice.chance(0.3);
  const body = batch ? Array.from({ length: 1 + dice.below(4) }, (_, place) => messageOf(dice, `${id}-${place}`, revision)) : messageOf(dice, id, revision);
  return { revision, method: 'POST', path: '/mcp', headers, body };
}

function initializeOf(id: number | string, revision: string): Json {
  // Before 2025-06-18 nobody could know of elicitation.
  const { elicitation: _later, ...older } = CAPABILITIES;
  return { jsonrpc: '2.0', id, method: 'initialize', params: { protocolVersion: revision, capabilities: revision < '2025-06-18' ? older : CAPABILITIES, clientInfo: { name: 'fuzz', version: '1' } } };
}

function messageOf(dice: Dice, id: number | string, revision: string): Json {
  const kind = dice.below(20);
  if (kind === 0) return { jsonrpc: '2.0', id, result: { action: 'accept', content: { username: 'a', email: 'b' } } };
  if (kind === 1) return { jsonrpc: '2.0', id, error: { code: -1, message: 'no', data: {} } };
  if (kind === 2 && revision === '2024-11-05') return initializeOf(id, revision);
  const notice = kind < 4;
  const [method, params] = dice.pick(notice ? NOTICES : dice.chance(0.2) ? IN_SESSIONS : EVERYWHERE);
  return notice ? { jsonrpc: '2.0', method, params } : { jsonrpc: '2.0', id, method, params };
}

function requestSample(dice: Dice, id: number | string, state: string | undefined): Sample {
  const [method, params] = dice.pick(dice.chance(0.2) ? PER_REQUEST : EVERYWHERE);
  const answers = { inputResponses: { step1: { action: 'accept', content: { name: 'Ada' } }, user_name: { action: 'decline' } } };
  const rounds = method === 'tools/call' && dice.chance(0.2) ? { ...answers, ...(state === undefined ? {} : { requestState: state }) } : {};
  const own: Json = typeof params['_meta'] === 'object' ? params['_meta'] : {};
  const _meta = { ...own, 'io.modelcontextprotocol/clientCapabilities': CAPABILITIES, ...(dice.chance(0.2) ? { 'io.modelcontextprotocol/logLevel': 'debug' } : {}) };
  const { headers, json } = perRequest(id, method, { ...params, ...rounds, _meta });
  const placed: Record<string, string> = params['name'] === 'placed' ? { 'mcp-param-region': 'eu', 'mcp-param-level': '42', 'mcp-param-dry': 'true' } : {};
  const body: Json = JSON.parse(JSON.stringify(json));
  return { revision: '2026-07-28', method: 'POST', path: '/mcp', headers: { ...headers, ...placed }, body };
}
