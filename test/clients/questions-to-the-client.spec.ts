/** Tools ask the person (elicitation), the model (sampling) and the host (roots) behind every official client. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { startGatehouse } from '../support/gatehouse.js';
import { enter, everyDialect, fixtureStdio, oneDoorEach, type House } from '../support/mcp-doors.js';
import { saying, textOf, type Answers, type Peer } from '../support/mcp-peer.js';

let gatehouse: Gatehouse;
let house: House;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [FixtureModule] });
  house = { url: gatehouse.url, stdio: fixtureStdio() };
});
afterAll(() => gatehouse.close());

const account = { username: 'ada', email: 'ada@example.org' };
const nobody: Required<Answers> = {
  elicit: () => ({ action: 'cancel' }), sample: () => saying('Nothing.'), roots: () => [],
};

describe.each(everyDialect.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  let peer: Peer;
  let answers = nobody;
  beforeAll(async () => {
    peer = await door.open(house, {
      elicit: (question) => answers.elicit(question), sample: (request) => answers.sample(request), roots: () => answers.roots(),
    });
  });
  afterAll(() => peer.close());

  it("passes the question on to its person, and the person's form back to the tool", async () => {
    const asked: unknown[] = [];
    answers = {
      ...nobody, elicit: (question) => {
        asked.push(question);
        return { action: 'accept', content: account };
      },
    };
    const result = await peer.call('test_elicitation', { message: 'Who are you?' });
    expect(textOf(result)).toBe(`User response: action=accept, content=${JSON.stringify(account)}`);
    expect(asked).toEqual([expect.objectContaining({
      message: 'Who are you?',
      requestedSchema: expect.objectContaining({ type: 'object', required: ['username', 'email'] }),
    })]);
  });

  it.each(['decline', 'cancel'] as const)('lets its person %s', async (action) => {
    answers = { ...nobody, elicit: () => ({ action }) };
    const result = await peer.call('test_elicitation', { message: 'Who are you?' });
    expect(textOf(result)).toBe(`User response: action=${action}, content={}`);
  });

  it('never has a malformed form taken for an answer', async () => {
    const forms: Record<string, string | number>[] = [{ username: 'ada', email: 7 }, { username: 'ada' }, account];
    let asked = 0;
    answers = { ...nobody, elicit: () => ({ action: 'accept', content: forms[asked++] ?? account }) };
    const result = await peer.call('test_elicitation', { message: 'Who are you?' });
    if (door.era === 'request') {
      // Rounds ask again until the answer fits.
      expect(textOf(result)).toBe(`User response: action=accept, content=${JSON.stringify(account)}`);
      expect(asked).toBe(3);
    } else {
      expect(result.isError).toBe(true);
      expect(textOf(result)).not.toContain('User response');
      expect(asked).toBe(1);
    }
  });

  it('has its model complete a prompt', async () => {
    const asked: unknown[] = [];
    answers = {
      ...nobody, sample: (request) => {
        asked.push(request);
        return saying('It rains.');
      },
    };
    expect(textOf(await peer.call('test_sampling', { prompt: 'How is the weather?' }))).toBe('LLM response: It rains.');
    expect(asked).toEqual([expect.objectContaining({
      messages: [{ role: 'user', content: { type: 'text', text: 'How is the weather?' } }], maxTokens: 100,
    })]);
  });

  it('tells which directories it works in', async () => {
    answers = { ...nobody, roots: () => [{ uri: 'file:///work', name: 'Work' }, { uri: 'file:///home' }] };
    expect(textOf(await peer.call('test_input_required_result_list_roots'))).toBe('The client works in Work (file:///work), file:///home.');
  });

  it('answers a person, a model and a host in one call', async () => {
    answers = {
      elicit: () => ({ action: 'accept', content: { name: 'Ada' } }),
      sample: () => saying('Good morning'),
      roots: () => [{ uri: 'file:///work' }],
    };
    expect(textOf(await peer.call('test_input_required_result_multiple_inputs'))).toMatch(/^Good morning Ada, in file:\/\/\/work \(ticket [\da-f-]{36}\)$/);
  });

  it('answers a question of a prompt where questions travel with the request', async () => {
    answers = { ...nobody, elicit: () => ({ action: 'accept', content: { context: 'a rainy day' } }) };
    const { messages } = await peer.verbs.getPrompt({ name: 'test_input_required_result_prompt' });
    expect(messages).toEqual([{ role: 'user', content: { type: 'text', text: 'Work with this context: a rainy day' } }]);
  });

  it('has the failure of its own handler told to the tool, and can call on', async () => {
    answers = { ...nobody, sample: () => Promise.reject(new Error('The model is out to lunch')) };
    const failed = await peer.call('test_sampling', { prompt: 'Are you there?' }).then((result) => result.isError === true, () => true);
    expect(failed).toBe(true);
    expect(textOf(await peer.call('greet', { name: 'Ada' }))).toBe('Hello, Ada!');
  });
});

describe.each(oneDoorEach.map((door) => ({ door, name: door.name })))('$name without a capability', ({ door }) => {
  it('is never asked what it cannot answer, and reads what is missing (C13)', async () => {
    const peer = await enter(door, house, { roots: () => [] });
    const call = peer.call('test_missing_capability');
    if (door.era === 'request') await expect(call).rejects.toMatchObject({ code: -32021, data: { requiredCapabilities: { sampling: {} } } });
    else expect(await call).toMatchObject({ isError: true, content: [{ type: 'text', text: expect.stringContaining('sampling') }] });
  });
});
