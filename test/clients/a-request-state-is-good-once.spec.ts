/** What travels through the client between rounds is worth nothing changed, late, twice or elsewhere (row C12). */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Clock } from '../../src/protocol/clock.js';
import { startGatehouse } from '../support/gatehouse.js';
import { postModern, type Answer } from '../support/mcp-wire.js';
import { Ledger } from './fixtures/ledger.js';
import { TripsModule } from './fixtures/trips.js';

const OLD_SECRET = 'an old secret of the tests, 0123456789 abcdef';
const NEW_SECRET = 'a new secret of the tests, ABCDEF 9876543210';
const TTL_SECONDS = 60;

let gatehouse: Gatehouse;
let ledger: Ledger;
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { requestStateTtlSeconds: TTL_SECONDS, secret: OLD_SECRET }, modules: [TripsModule] });
  ledger = gatehouse.app.get(Ledger);
});
afterAll(() => gatehouse.close());

let made = 0;
const somewhere = (): string => `place ${++made}`;
const traveller = { 'question-1': { action: 'accept', content: { name: 'Ada Lovelace' } } };
const confirmation = { 'question-2': { action: 'accept', content: { confirmed: true } } };

interface Round {
  destination: string;
  requestState?: unknown;
  inputResponses?: object;
  tool?: string;
  url?: string;
}

function round({ destination, tool = 'plan_trip', url = gatehouse.url, ...rest }: Round): Promise<Answer> {
  return postModern(url, 'tools/call', { name: tool, arguments: { destination }, ...rest });
}

function stateOf({ last }: Answer): string {
  expect(last.result).toMatchObject({ resultType: 'input_required', requestState: expect.any(String) });
  return String(last.result?.['requestState']);
}

/** Two rounds in: the seat is reserved, the confirmation is awaited. */
async function reserved(destination: string, url?: string): Promise<string> {
  const first = stateOf(await round({ destination, url }));
  const second = await round({ destination, url, requestState: first, inputResponses: traveller });
  expect(second.last.result).toMatchObject({ inputRequests: { 'question-2': { method: 'elicitation/create', params: { message: `Take seat 1 to ${destination}?` } } } });
  expect(ledger.count(`seat to ${destination}`)).toBe(1);
  return stateOf(second);
}

/** What came of a round, and what has run for its destination so far. */
function outcomeOf(destination: string, { status, last }: Answer): object {
  return { status, error: last.error, seats: ledger.count(`seat to ${destination}`), ends: ledger.count(`trip to ${destination} ended`) };
}

/** Neither the step again nor the end; and the public sentence does not tell why. */
const REFUSED = { status: 400, error: { code: -32602, message: 'requestState is not valid for this request' }, seats: 1, ends: 0 };

describe('a request state', () => {
  it('leads to the end when it comes back as it was, with the step taken once', async () => {
    const destination = somewhere();
    const requestState = await reserved(destination);
    const done = await round({ destination, requestState, inputResponses: confirmation });
    expect(done.last.result).toMatchObject({ resultType: 'complete', content: [{ text: `Ada Lovelace travels to ${destination} on seat 1: confirmed.` }] });
    expect(ledger.count(`seat to ${destination}`)).toBe(1);
  });

  it('tells nothing of what it carries, and is another one each time', async () => {
    const destination = somewhere();
    const [one, other] = [stateOf(await round({ destination })), stateOf(await round({ destination }))];
    expect(one).not.toBe(other);
    const last = await reserved(destination);
    // Words too long to stand in random letters by accident.
    for (const text of [last, Buffer.from(last, 'base64url').toString('latin1')]) expect(text).not.toMatch(/Lovelace|"seat|place /);
  });

  it('is refused with any one bit changed', async () => {
    const destination = somewhere();
    const requestState = await reserved(destination);
    const bytes = Buffer.from(requestState, 'base64url');
    // One bit of each byte: the version, the nonce, the content and the tag all come in turn.
    const changed = Array.from(bytes, (_, index) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(index) ^ (1 << (index % 8)), index);
      return copy.toString('base64url');
    });
    const answers = await Promise.all(changed.map((state) => round({ destination, requestState: state, inputResponses: confirmation })));
    for (const answer of answers) expect(outcomeOf(destination, answer)).toEqual(REFUSED);
    expect((await round({ destination, requestState, inputResponses: confirmation })).last.result).toMatchObject({ resultType: 'complete' });
  });

  it.each(['', 'AQ', 'not a state', 'A'.repeat(100_000), '../../etc/passwd', 'AQ=='])('is refused when it was never given out: %.20s', async (requestState) => {
    const destination = somewhere();
    await reserved(destination);
    expect(outcomeOf(destination, await round({ destination, requestState, inputResponses: confirmation }))).toEqual(REFUSED);
  });

  it.each([
    ['cut short', (state: string) => state.slice(0, -4)], ['with something added', (state: string) => `${state}AAAA`],
    ['padded', (state: string) => `${state}==`], ['broken over lines', (state: string) => `${state.slice(0, 8)}\n${state.slice(8)}`],
  ])('is refused %s', async (_, change) => {
    const destination = somewhere();
    const requestState = await reserved(destination);
    expect(outcomeOf(destination, await round({ destination, requestState: change(requestState), inputResponses: confirmation }))).toEqual(REFUSED);
  });

  it('is refused when it is no text at all', async () => {
    const destination = somewhere();
    for (const requestState of [7, null, {}, ['x']]) {
      expect((await round({ destination, requestState, inputResponses: traveller })).last.error?.code).toBe(-32602);
    }
    expect(ledger.count(`seat to ${destination}`)).toBe(0);
  });

  it('is refused the second time, whoever comes first', async () => {
    const destination = somewhere();
    const requestState = await reserved(destination);
    const answers = await Promise.all(Array.from({ length: 8 }, () => round({ destination, requestState, inputResponses: confirmation })));
    expect(answers.filter(({ last }) => last.result !== undefined)).toHaveLength(1);
    expect(answers.filter(({ last }) => last.error?.code === -32602)).toHaveLength(7);
    expect(ledger.count(`seat to ${destination}`)).toBe(1);
    expect(ledger.count(`trip to ${destination} ended`)).toBe(1);
  });

  it('is refused again for an earlier round that was already answered', async () => {
    const destination = somewhere();
    const first = stateOf(await round({ destination }));
    await round({ destination, requestState: first, inputResponses: traveller });
    expect(outcomeOf(destination, await round({ destination, requestState: first, inputResponses: traveller }))).toEqual(REFUSED);
  });

  it('is refused with other arguments', async () => {
    const [destination, elsewhere] = [somewhere(), somewhere()];
    const requestState = await reserved(destination);
    expect(outcomeOf(destination, await round({ destination: elsewhere, requestState, inputResponses: confirmation }))).toEqual(REFUSED);
    expect(ledger.count(`seat to ${elsewhere}`)).toBe(0);
  });

  it('is refused on another tool', async () => {
    const destination = somewhere();
    const requestState = await reserved(destination);
    expect(outcomeOf(destination, await round({ tool: 'plan_other_trip', destination, requestState, inputResponses: confirmation }))).toEqual(REFUSED);
  });

  it('is refused once its time is over', async () => {
    const destination = somewhere();
    const requestState = await reserved(destination);
    const later = Date.now() + (TTL_SECONDS + 1) * 1000;
    const clock = vi.spyOn(gatehouse.app.get<Clock>(Clock), 'now').mockReturnValue(later);
    expect(outcomeOf(destination, await round({ destination, requestState, inputResponses: confirmation }))).toEqual(REFUSED);
    clock.mockRestore();
  });

  it('counts arguments as the same however their members are ordered', async () => {
    const name = 'plan_trip';
    const [destination] = [somewhere()];
    const first = await postModern(gatehouse.url, 'tools/call', { name, arguments: { destination, note: 1 } });
    const second = await postModern(gatehouse.url, 'tools/call', { name, arguments: { note: 1, destination }, requestState: stateOf(first), inputResponses: traveller });
    expect(second.last.result).toMatchObject({ resultType: 'input_required' });
  });
});

describe('a secret that changes', () => {
  it('opens what the one before it sealed during the change, and no longer after it', async () => {
    const during = await startGatehouse({ settings: { secret: NEW_SECRET, previousSecret: OLD_SECRET }, modules: [TripsModule] });
    const after = await startGatehouse({ settings: { secret: NEW_SECRET }, modules: [TripsModule] });
    const [kept, lost] = [somewhere(), somewhere()];
    const [opened, closed] = [await reserved(kept), await reserved(lost)];
    expect((await round({ destination: kept, url: during.url, requestState: opened, inputResponses: confirmation })).last.result)
      .toMatchObject({ resultType: 'complete', content: [{ text: `Ada Lovelace travels to ${kept} on seat 1: confirmed.` }] });
    expect(during.app.get(Ledger).count(`seat to ${kept}`)).toBe(0);
    expect(outcomeOf(lost, await round({ destination: lost, url: after.url, requestState: closed, inputResponses: confirmation }))).toEqual(REFUSED);
    await Promise.all([during.close(), after.close()]);
  });
});
