/** Everything the server says on a broad tour, in every revision, is what the specification's schema of it allows. */
import type { Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { startGatehouse } from '../support/gatehouse.js';
import { connectV2 } from '../support/mcp-client-v2.js';
import { doors, enterModern, fixtureStdio, httpOffering, type Door } from '../support/mcp-doors.js';
import type { Peer } from '../support/mcp-peer.js';
import { Recorder, type Recorded } from '../support/mcp-recorder.js';
import { coreFaultsOf, RevisionSchema } from '../support/mcp-schema.js';
import type { WireMessage } from '../support/mcp-wire.js';
import { answersFor, tour } from './fixtures/tour.js';
import { TripsModule } from './fixtures/trips.js';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { pageSize: 7, serverTitle: 'A title', instructions: 'Read this.' }, modules: [FixtureModule, TripsModule] });
});
afterAll(() => gatehouse.close());

const results = [
  'tools/list result', 'tools/call result', 'resources/list result', 'resources/templates/list result', 'resources/read result',
  'prompts/list result', 'prompts/get result', 'completion/complete result',
];
const errors = ['tools/call error', 'resources/read error', 'prompts/get error'];
const notifications = [
  'notifications/progress', 'notifications/message', 'notifications/tools/list_changed', 'notifications/prompts/list_changed',
  'notifications/resources/list_changed', 'notifications/resources/updated',
];
const sessionOnly = [
  'initialize result', 'ping result', 'logging/setLevel result', 'resources/subscribe result', 'resources/unsubscribe result',
  'sampling/createMessage', 'roots/list',
];

/** One line for each kind of fault, with the message that has it. */
function faultsIn(recorder: Recorder, check: (recorded: Recorded) => string[]): string[] {
  return [...new Set(recorder.messages.flatMap((recorded) => check(recorded).map((fault) => `${recorded.method ?? recorded.message.method}: ${fault}`)))];
}

async function recordTour(door: Door): Promise<Recorder> {
  const recorder = new Recorder();
  const peer = await door.open(gatehouse, answersFor(door.revision), recorder.fetch);
  expect(peer.revision).toBe(door.revision);
  await tour(peer, gatehouse);
  await peer.close();
  await recorder.finished();
  return recorder;
}

const older: Door[] = [
  ...['2024-10-07', '2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'].map(httpOffering), doors.httpV1, doors.sseV1, doors.sse2024,
];

describe.each(older.map((door) => ({ door, name: `${door.name}, ${door.revision}` })))('$name', ({ door }) => {
  let recorder: Recorder;
  beforeAll(async () => {
    recorder = await recordTour(door);
  });

  it('hears nothing its revision does not allow', () => {
    expect([...recorder.covered]).toEqual(expect.arrayContaining([...results, ...errors, ...notifications, ...sessionOnly]));
    if (door.revision >= '2025-06-18') expect([...recorder.covered]).toContain('elicitation/create');
    const schema = new RevisionSchema(door.revision);
    expect(faultsIn(recorder, ({ message, method }) => schema.faultsOf(message, method))).toEqual([]);
    if (door.revision === '2025-11-25') expect(faultsIn(recorder, ({ message, method }) => coreFaultsOf(message, method))).toEqual([]);
  });

  it('hears nothing that only a later revision knows', () => {
    const said = recorder.messages.map(({ message }) => JSON.stringify(message)).join('\n');
    const later: [since: string, word: string][] = [
      ['2025-03-26', '"type":"audio"'], ['2025-06-18', '"structuredContent":'], ['2025-06-18', '"outputSchema":'], ['2025-06-18', '"type":"resource_link"'],
      ['2025-11-25', '"mode":"form"'], ['2026-07-28', '"resultType":'], ['2026-07-28', '"ttlMs":'], ['2026-07-28', '"cacheScope":'], ['2026-07-28', '"requestState":'],
    ];
    for (const [since, word] of later) {
      if (door.revision < since) expect(said, `${word} came with ${since}`).not.toContain(word);
    }
    const progress = recorder.messages.filter(({ message }) => message.method === 'notifications/progress');
    expect(progress.some(({ message }) => message.params?.['message'] !== undefined)).toBe(door.revision >= '2025-03-26');
  });
});

describe('the measure itself', () => {
  const answer = (result: object): WireMessage => ({ jsonrpc: '2.0', id: 1, result: { ...result } });
  const sound = answer({ content: [{ type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }], resultType: 'complete' });

  it.each([
    ['2024-11-05', sound, 'tools/call'], ['2024-11-05', answer({ tools: [{ name: 'no schema' }] }), 'tools/list'],
    ['2025-03-26', { jsonrpc: '2.0' as const, method: 'notifications/progress', params: { progress: 1 } }, undefined],
    ['2025-06-18', { jsonrpc: '2.0' as const, id: 1, method: 'elicitation/create', params: {} }, undefined],
    ['2025-11-25', answer({ protocolVersion: '2025-11-25', capabilities: {} }), 'initialize'],
    ['2025-11-25', { jsonrpc: '2.0' as const, id: 1, error: { code: 1.5, message: 'half a code' } }, 'ping'],
    ['2026-07-28', answer({ tools: [], resultType: 'complete' }), 'tools/list'],
    ['2026-07-28', answer({ content: [{ type: 'text', text: 'no result type' }] }), 'tools/call'],
    ['2026-07-28', answer({ resultType: 'input_required', inputRequests: { a: { method: 'no/such' } } }), 'tools/call'],
  ])('finds the fault in a bad message of %s', (revision, message, method) => {
    expect(new RevisionSchema(revision).faultsOf(message, method)).not.toEqual([]);
  });

  it('lets a good one pass', () => {
    for (const revision of ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']) expect(new RevisionSchema(revision).faultsOf(sound, 'tools/call')).toEqual([]);
    expect(coreFaultsOf(sound, 'tools/call')).toEqual([]);
    expect(coreFaultsOf(answer({ content: [{ type: 'text' }] }), 'tools/call')).not.toEqual([]);
  });
});

describe('stdio', () => {
  async function recordPipe(transport: Transport, connect: () => Promise<Peer>): Promise<Recorder> {
    const recorder = new Recorder();
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      recorder.sent(message);
      return send(message, options);
    };
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport has no other way
    transport.onmessage = (message) => recorder.received(JSON.stringify(message));
    const peer = await connect();
    onTestFinished(() => peer.close());
    await tour(peer);
    return recorder;
  }

  it('carries nothing that 2025-11-25 does not allow', async () => {
    const transport = new StdioClientTransport({ ...fixtureStdio(), stderr: 'ignore' });
    const recorder = await recordPipe(transport, () => connectV2(transport, answersFor('2025-11-25'), { mode: 'legacy' }));
    expect([...recorder.covered]).toEqual(expect.arrayContaining([...results, ...errors, ...sessionOnly, 'notifications/tools/list_changed', 'elicitation/create']));
    const schema = new RevisionSchema('2025-11-25');
    expect(faultsIn(recorder, ({ message, method }) => schema.faultsOf(message, method))).toEqual([]);
  });

  it('carries nothing that 2026-07-28 does not allow', async () => {
    const transport = new StdioClientTransport({ ...fixtureStdio(), stderr: 'ignore' });
    const recorder = await recordPipe(transport, () => connectV2(transport, answersFor('2026-07-28'), { mode: { pin: '2026-07-28' } }));
    expect([...recorder.covered]).toEqual(expect.arrayContaining([...results, ...errors, 'tools/call round']));
    const schema = new RevisionSchema('2026-07-28');
    expect(faultsIn(recorder, ({ message, method }) => schema.faultsOf(message, method))).toEqual([]);
  });
});

describe('2026-07-28', () => {
  const schema = new RevisionSchema('2026-07-28');

  it('is spoken as its schema says, rounds and subscriptions included', async () => {
    const recorder = new Recorder();
    const peer = await enterModern(gatehouse, answersFor('2026-07-28'), recorder.fetch);
    await peer.client.listen({
      toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ['test://watched-resource'],
    });
    await tour(peer, gatehouse);
    await peer.close();
    await recorder.finished();
    expect([...recorder.covered]).toEqual(expect.arrayContaining([
      ...results, ...errors, ...notifications, 'server/discover result', 'notifications/subscriptions/acknowledged', 'tools/call round',
    ]));
    expect(faultsIn(recorder, ({ message, method }) => schema.faultsOf(message, method))).toEqual([]);
    expect(faultsIn(recorder, ({ message, method }) => coreFaultsOf(message, method))).toEqual([]);
  });

  it('ends a subscription with a result as its schema says', async () => {
    const passing = await startGatehouse();
    const recorder = new Recorder();
    const peer = await enterModern({ url: passing.url }, {}, recorder.fetch);
    const subscription = await peer.client.listen({ toolsListChanged: true });
    await passing.close();
    expect(await subscription.closed).toBe('graceful');
    await recorder.finished();
    expect([...recorder.covered]).toContain('subscriptions/listen result');
    expect(faultsIn(recorder, ({ message, method }) => schema.faultsOf(message, method))).toEqual([]);
    expect(faultsIn(recorder, ({ message, method }) => coreFaultsOf(message, method))).toEqual([]);
  });
});
