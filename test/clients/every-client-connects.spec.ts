/** Every official client of every age comes in and uses the library (R171, R181, R186, R192, R238, R239). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { doors, enter, everyDoor, httpOffering } from '../support/mcp-doors.js';
import { textOf, type Peer } from '../support/mcp-peer.js';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse();
});
afterAll(() => gatehouse.close());

describe.each(everyDoor.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await door.open(gatehouse, {});
  });
  afterAll(() => peer.close());

  it('connects, settles on the newest revision both know and learns whom it talks to', () => {
    expect(peer).toMatchObject({ revision: door.revision, serverName: 'gatehouse' });
  });

  it('lists the tools of the library, each with a description and an input schema', async () => {
    const tools = await peer.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['data_transform', 'echo', 'greet', 'server_time']);
    for (const tool of tools) expect(tool).toMatchObject({ description: expect.stringMatching(/\S/), inputSchema: { type: 'object' } });
  });

  it('has its message echoed with the time and the name of the wire (R238)', async () => {
    await peer.listTools();
    const result = await peer.call('echo', { message: 'Grüße, 世界 🏛️' });
    expect(result.isError).toBeFalsy();
    expect(JSON.parse(textOf(result))).toEqual({
      echo: 'Grüße, 世界 🏛️', timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), transport: door.wire,
    });
    if (door.revision !== '2024-11-05') expect(result.structuredContent).toEqual(JSON.parse(textOf(result)));
  });

  it('learns the time of a time zone (R239)', async () => {
    const told = JSON.parse(textOf(await peer.call('server_time', { timezone: 'Europe/Berlin' })));
    expect(told).toEqual({ iso: expect.any(String), local: expect.any(String), unix: expect.any(Number), timezone: 'Europe/Berlin' });
    expect(Math.floor(Date.parse(told.iso) / 1000)).toBe(told.unix);
  });

  it('has a table transformed', async () => {
    const result = await peer.call('data_transform', {
      data: 'city,amount\nRom,2\nOslo,3\nRom,5\n', inputFormat: 'csv', outputFormat: 'json',
      stages: [{ op: 'aggregate', by: ['city'], values: [{ fn: 'sum', column: 'amount', as: 'total' }] }, { op: 'sort', by: [{ column: 'city' }] }],
    });
    const { transformed, records } = JSON.parse(textOf(result));
    expect(records).toBe(2);
    expect(JSON.parse(transformed)).toEqual([{ city: 'Oslo', total: 3 }, { city: 'Rom', total: 7 }]);
  });

  it('has nothing to complain about', async () => {
    await peer.call('greet', { name: 'Ada' });
    expect(peer.complaints.items).toEqual([]);
  });
});

describe('one process serves them all', () => {
  it('answers clients of all generations side by side (R192)', async () => {
    const peers = await Promise.all([doors.httpV1, doors.sseV1, doors.httpLegacy, doors.httpAuto, doors.sse2024].map((door) => enter(door, gatehouse)));
    const greetings = await Promise.all(peers.map((peer, index) => peer.call('greet', { name: `client ${index}` })));
    expect(greetings.map(textOf)).toEqual(peers.map((_, index) => `Hello, client ${index}!`));
  });

  it.each(['2024-10-07', '2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])('speaks %s with a client that offers nothing else', async (revision) => {
    const peer = await enter(httpOffering(revision), gatehouse);
    expect(peer.revision).toBe(revision);
    expect(textOf(await peer.call('greet', { name: revision }))).toBe(`Hello, ${revision}!`);
  });
});
