/** Progress and log messages reach the caller who asked for them, on every wire and in every revision. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { startGatehouse } from '../support/gatehouse.js';
import { Inbox } from '../support/mcp-deadline.js';
import { enter, everyDialect, fixtureStdio, type House } from '../support/mcp-doors.js';
import { textOf, type Peer } from '../support/mcp-peer.js';
import { DiagnosticsModule } from './fixtures/diagnostics.js';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

let gatehouse: Gatehouse;
let house: House;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [FixtureModule, DiagnosticsModule] });
  house = { url: gatehouse.url, stdio: fixtureStdio() };
});
afterAll(() => gatehouse.close());

function levelsHeard(peer: Peer): unknown[] {
  return peer.notices.items.filter(({ method }) => method === 'notifications/message').map(({ params }) => params['level']);
}

describe.each(everyDialect.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await door.open(house, {});
  });
  afterAll(() => peer.close());

  // The call is released only once its progress was heard: the packages drop what is read together with the result.
  it('hears the progress of its call before the result, in order and growing', async () => {
    const heard = new Inbox<{ progress: number; total?: number; message?: string }>();
    const entry = `work of ${door.name}`;
    const call = peer.call('report_then_wait', { entry }, { onprogress: (progress) => heard.put(progress) });
    await heard.until((items) => items.length >= 3, 'three reports');
    await peer.call('release', { entry });
    expect(textOf(await call)).toBe(`${entry} was released`);
    const messages = door.revision === '2024-11-05' ? [{}, {}, {}] : [0, 50, 100].map((progress) => ({ message: `${entry} at ${progress}` }));
    expect(heard.items).toEqual([0, 50, 100].map((progress, index) => ({ progress, total: 100, ...messages[index] })));
  });

  it('hears no progress it did not ask for', async () => {
    await peer.call('test_tool_with_progress');
    expect(peer.notices.items.filter(({ method }) => method === 'notifications/progress')).toEqual([]);
    expect(peer.complaints.items).toEqual([]);
  });

  it('tells the progress of two calls apart', async () => {
    const heard = new Inbox<string>();
    const entries = ['first', 'second'].map((name) => `${name} work of ${door.name}`);
    const calls = entries.map((entry) => peer.call('report_then_wait', { entry }, { onprogress: ({ progress }) => heard.put(`${entry} ${progress}`) }));
    await heard.until((items) => items.length >= 6, 'six reports');
    for (const entry of entries) await peer.call('release', { entry });
    await Promise.all(calls);
    for (const entry of entries) {
      expect(heard.items.filter((report) => report.startsWith(entry))).toEqual([0, 50, 100].map((progress) => `${entry} ${progress}`));
    }
  });
});

describe.each(everyDialect.filter(({ era }) => era === 'session').map((door) => ({ door, name: door.name })))('$name keeps a log level for its session', ({ door }) => {
  it('hears of everything from info on, until it sets another level for its session', async () => {
    const peer = await enter(door, house);
    await peer.call('log_every_level');
    expect(levelsHeard(peer)).toEqual(['info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']);
    expect(peer.notices.items[0]?.params).toEqual({ level: 'info', data: 'a message of level info', logger: 'diagnostics' });
    await peer.verbs.setLoggingLevel('error');
    peer.notices.items.length = 0;
    await peer.call('log_every_level');
    expect(levelsHeard(peer)).toEqual(['error', 'critical', 'alert', 'emergency']);
  });
});

describe.each(everyDialect.filter(({ era }) => era === 'request').map((door) => ({ door, name: door.name })))('$name names a log level with each request', ({ door }) => {
  it('hears of nothing but what it asks for with the very request', async () => {
    const peer = await enter(door, house);
    await peer.call('log_every_level');
    expect(peer.notices.items).toEqual([]);
    await peer.call('log_every_level', {}, { meta: { [LOG_LEVEL]: 'critical' } });
    expect(levelsHeard(peer)).toEqual(['critical', 'alert', 'emergency']);
    await peer.call('log_every_level');
    expect(levelsHeard(peer)).toHaveLength(3);
    await expect(peer.call('log_every_level', {}, { meta: { [LOG_LEVEL]: 'loud' } })).rejects.toMatchObject({ code: -32602 });
  });
});
