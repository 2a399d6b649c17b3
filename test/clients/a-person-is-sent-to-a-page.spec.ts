/** Elicitation in URL mode: since 2025-11-25, and only for clients that say they can. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { RevisionSchema } from '../support/mcp-schema.js';
import { messageIn, openSession, openStream, postModern } from '../support/mcp-wire.js';
import { TripsModule } from './fixtures/trips.js';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [TripsModule] });
});
afterAll(() => gatehouse.close());

const call = { jsonrpc: '2.0', id: 'pay', method: 'tools/call', params: { name: 'pay_for_trip', arguments: { destination: 'Rome' } } };

describe.each(['accept', 'decline', 'cancel'] as const)('a person who chooses to %s', (action) => {
  it('is pushed the page on 2025-11-25, with an id to correlate by', async () => {
    const session = await openSession(gatehouse.url, '2025-11-25', { elicitation: { url: {} } });
    const stream = await openStream(new URL('/mcp', gatehouse.url), session.headers, call);
    const question = messageIn(await stream.events.first(({ data }) => data.includes('elicitation/create'), 'the question'));
    expect(question.params).toEqual({ mode: 'url', message: 'Please pay for Rome', url: 'https://pay.example.org/trip', elicitationId: expect.any(String) });
    expect(new RevisionSchema('2025-11-25').faultsOf(question, undefined)).toEqual([]);
    await session.post({ jsonrpc: '2.0', id: question.id, result: { action } });
    const answer = await stream.events.first(({ data }) => data.includes('"pay"'), 'the answer');
    expect(messageIn(answer).result).toMatchObject({ content: [{ text: `The person chose to ${action}.` }] });
  });

  it('is sent there in a round on 2026-07-28', async () => {
    const { last } = await postModern(gatehouse.url, 'tools/call', call.params, { elicitation: { url: {} } });
    expect(last.result).toMatchObject({ resultType: 'input_required', inputRequests: { payment: { method: 'elicitation/create', params: { mode: 'url', url: 'https://pay.example.org/trip' } } } });
    expect(new RevisionSchema('2026-07-28').faultsOf(last, 'tools/call')).toEqual([]);
    const done = await postModern(gatehouse.url, 'tools/call', {
      ...call.params, requestState: last.result?.['requestState'], inputResponses: { payment: { action } },
    }, { elicitation: { url: {} } });
    expect(done.last.result).toMatchObject({ resultType: 'complete', content: [{ text: `The person chose to ${action}.` }] });
  });
});

describe('a client that did not say so', () => {
  it('is never sent to a page in a session', async () => {
    for (const [revision, capabilities] of [['2025-11-25', { elicitation: {} }], ['2025-06-18', { elicitation: { url: {} } }]] as const) {
      const session = await openSession(gatehouse.url, revision, capabilities);
      const { last, messages } = await session.post(call);
      expect(messages).toHaveLength(1);
      expect(last.result).toMatchObject({ isError: true });
    }
  });

  it('is told what is missing on 2026-07-28', async () => {
    const { last, status } = await postModern(gatehouse.url, 'tools/call', call.params, { elicitation: { form: {} } });
    expect(status).toBe(400);
    expect(last.error).toMatchObject({ code: -32021, data: { requiredCapabilities: { elicitation: { url: {} } } } });
  });
});
