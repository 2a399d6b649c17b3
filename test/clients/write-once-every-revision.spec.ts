/** One linear handler, two questions and a step between them: the same result on every wire, the step taken once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { enter, enterModern, everyDialect, fixtureStdio, httpOffering, type Door, type House } from '../support/mcp-doors.js';
import { textOf, type Answers, type Peer } from '../support/mcp-peer.js';
import { TripsModule } from './fixtures/trips.js';

let gatehouse: Gatehouse;
let house: House;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [TripsModule] });
  house = { url: gatehouse.url, stdio: fixtureStdio() };
});
afterAll(() => gatehouse.close());

type Form = Record<string, string | boolean>;
type Person = Required<Pick<Answers, 'elicit'>>;

/** A person who says who travels, and then whether it is right. */
function person(confirmed: boolean, heard: string[] = []): Person {
  return {
    elicit: ({ message }) => {
      heard.push(message);
      const content: Form = message.startsWith('Who') ? { name: 'Ada' } : { confirmed };
      return { action: 'accept', content };
    },
  };
}

const older = ['2025-03-26', '2025-06-18'].map(httpOffering);
const all: { door: Door; name: string }[] = [...everyDialect, ...older].map((door) => ({ door, name: door.name }));

describe.each(all)('$name', ({ door }) => {
  let peer: Peer;
  let present: Person;
  beforeAll(async () => {
    peer = await door.open(house, { elicit: (question) => present.elicit(question) });
  });
  afterAll(() => peer.close());

  it('asks twice, reserves once and tells the whole story', async () => {
    const destination = `Rome by ${door.name}`;
    const heard: string[] = [];
    present = person(true, heard);
    expect(peer.revision).toBe(door.revision);
    const result = await peer.call('plan_trip', { destination });
    expect(textOf(result)).toBe(`Ada travels to ${destination} on seat 1: confirmed.`);
    expect(heard).toEqual([`Who travels to ${destination}?`, `Take seat 1 to ${destination}?`]);
    expect(textOf(await peer.call('ledger_count', { entry: `seat to ${destination}` }))).toBe('1');
    expect(textOf(await peer.call('ledger_count', { entry: `trip to ${destination} ended` }))).toBe('1');
  });

  it('reserves nothing for a person who declines', async () => {
    const destination = `Oslo by ${door.name}`;
    present = { elicit: () => ({ action: 'decline' }) };
    expect(textOf(await peer.call('plan_trip', { destination }))).toBe(`Nobody travels to ${destination}.`);
    expect(textOf(await peer.call('ledger_count', { entry: `seat to ${destination}` }))).toBe('0');
  });
});

describe('two calls at once', () => {
  it.each(all.filter(({ door }) => door.wire !== 'stdio'))('keep their answers and their steps apart: $name', async ({ door }) => {
    const peer = await enter(door, house, {
      elicit: ({ message }) => {
        const content: Form = message.startsWith('Who') ? { name: message.includes('north') ? 'Nora' : 'Sue' } : { confirmed: true };
        return { action: 'accept', content };
      },
    });
    const places = [`north of ${door.name}`, `south of ${door.name}`];
    const results = await Promise.all(places.map((destination) => peer.call('plan_trip', { destination })));
    expect(results.map(textOf)).toEqual([
      `Nora travels to ${places[0]} on seat 1: confirmed.`, `Sue travels to ${places[1]} on seat 1: confirmed.`,
    ]);
  });

  it('give a second call of the same tool a step of its own', async () => {
    const peer = await enterModern(house, person(false));
    const [first, second] = [await peer.call('plan_trip', { destination: 'Paris' }), await peer.call('plan_trip', { destination: 'Paris' })];
    expect([first, second].map(textOf)).toEqual(['Ada travels to Paris on seat 1: refused.', 'Ada travels to Paris on seat 2: refused.']);
  });
});
