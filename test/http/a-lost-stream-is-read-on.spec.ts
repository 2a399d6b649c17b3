/** Resumption: nothing lost, nothing twice, nothing to strangers; a gap is said and never skipped (rows B5, B6, B7, B8, R132, R135). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import type { EventStream } from '../support/http-event-stream.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, rpc, send, type Reply } from '../support/http-mcp.js';

let gatehouse: Gatehouse;
const KEPT = 5;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { eventLogMessages: KEPT, heartbeatMs: 10_000 }, modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

/** Streams the steps of a call to its end; the ids of its events, the priming one first. */
async function streamed(session: McpSession, count: number): Promise<{ stream: EventStream; ids: string[] }> {
  const stream = await session.streamTool(`steps-${count}`, 'steps', { count });
  await stream.ended();
  return { stream, ids: stream.frames.flatMap(({ id }) => (id === undefined ? [] : [id])) };
}

/** The whole reply to a resumption that is refused. */
function resumption(session: McpSession, lastEventId: string): Promise<Reply> {
  return send(session.url, { method: 'GET', headers: { ...session.headers, 'last-event-id': lastEventId } });
}

const seen = ({ status, headers: { date: _date, ...headers }, text }: Reply): unknown => ({ status, headers, text });

/** Announces one change of the tool list. */
function change(): void {
  gatehouse.app.get(Catalogue).addTool({ name: `passing-${crypto.randomUUID()}` }, () => 'x').remove();
}

describe('a stream that was lost is read on from where it was (P3)', () => {
  it('delivers exactly what stood behind the place, whichever event it names', async () => {
    const session = await McpSession.open(gatehouse.url);
    const { stream, ids } = await streamed(session, 3);
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
    for (const [place, id] of ids.entries()) {
      const resumed = await session.listen(id);
      await resumed.ended();
      expect(resumed.messages).toEqual(stream.messages.slice(place));
    }
  });

  it('delivers the answer of a call that went on without its reader (R135)', async () => {
    const session = await McpSession.open(gatehouse.url);
    const lost = await session.streamTool(1, 'hold', { key: 'lost' });
    const progress = await lost.frame('progress', ({ data }) => data?.includes('progress') === true);
    lost.close();
    gatehouse.app.get(Ledger).release('lost');
    const resumed = await session.listen(progress.id);
    expect((await resumed.answer(1)).result).toMatchObject({ content: [{ text: 'held lost' }] });
    await resumed.ended();
  });

  it('delivers announcements made while nobody read', async () => {
    const session = await McpSession.open(gatehouse.url);
    const first = await session.listen();
    const { id } = await first.frame('the priming event', (frame) => frame.id !== undefined);
    first.close();
    change();
    const resumed = await session.listen(id);
    const told = await resumed.message('the change', () => true);
    expect(told).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    resumed.close();
  });

  it('primes streams with an id for 2025-11-25 alone, since older clients fail on empty data', async () => {
    const primed = await Promise.all(['2025-03-26', '2025-06-18', '2025-11-25'].map(async (revision) => {
      const { stream } = await streamed(await McpSession.open(gatehouse.url, revision), 1);
      return stream.frames[0];
    }));
    expect(primed.map((frame) => frame?.data)).toEqual([undefined, undefined, '']);
    expect(primed.map((frame) => frame?.retry)).toEqual([undefined, undefined, 3000]);
  });
});

describe('a place that is none of this session is refused, never taken for everything or for now (B5, B6)', () => {
  const place = (id: string, offset: string): string => id.replace(/\d+$/, offset);

  it.each([
    ['empty', ''], ['blank', ' '], ['10 KB long', 'x'.repeat(10_240)], ['SQL', "1' OR '1'='1"], ['a number', '0'], ['negative', '-1'],
    ['a path', '../../main'], ['a wildcard', '*'], ['a prototype', '__proto__'], ['JSON', '{"offset":0}'],
  ])('answers 400 to one that is %s (B6)', async (_what, id) => {
    const session = await McpSession.open(gatehouse.url);
    const reply = await resumption(session, id);
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, 1416]);
  });

  it.each(['999', '-1', '1e3', '01', '1.5', '999999999999999999999', '', '0x1', ' 1', 'NaN'])('answers 400 to a true stream at place "%s" (B6)', async (offset) => {
    const session = await McpSession.open(gatehouse.url);
    const { ids } = await streamed(session, 1);
    const reply = await resumption(session, place(ids[0] ?? '', offset));
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, 1416]);
  });

  it('answers 400 and names the gap where the log was begun anew (B6, B7)', async () => {
    const session = await McpSession.open(gatehouse.url);
    const { ids } = await streamed(session, 1);
    const reply = await resumption(session, (ids[1] ?? '').replace(/_[0-9a-f]{12}_/, '_000000000000_'));
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, 1410]);
  });

  it('answers a place of another session byte for byte like one that never was (B5)', async () => {
    const [session, stranger] = [await McpSession.open(gatehouse.url), await McpSession.open(gatehouse.url)];
    const { ids } = await streamed(session, 2);
    const unknown = (ids[1] ?? '').replace(/^[^_]+/, (stream) => stream.replace(/./g, 'f'));
    const [foreign, never] = [await resumption(stranger, ids[1] ?? ''), await resumption(stranger, unknown)];
    expect(foreign.status).toBe(400);
    expect(seen(foreign)).toEqual(seen(never));
    expect((await session.listen(ids[1])).status).toBe(200);
  });

  it('reads on only the stream that the place names, not its sibling (B5)', async () => {
    const session = await McpSession.open(gatehouse.url);
    const announcements = await session.listen();
    const { ids, stream } = await streamed(session, 2);
    change();
    await announcements.message('the change', ({ method }) => method === 'notifications/tools/list_changed');
    const resumed = await session.listen(ids[0]);
    await resumed.ended();
    expect(resumed.messages).toEqual(stream.messages);
    announcements.close();
  });
});

describe('a gap is announced (B7)', () => {
  it('answers 400 with 1410 once events behind the place are gone, and goes on from a later one', async () => {
    const session = await McpSession.open(gatehouse.url);
    const { ids, stream } = await streamed(session, KEPT * 2);
    const gone = await resumption(session, ids[1] ?? '');
    expect([gone.status, rpc(gone).error?.code]).toEqual([400, 1410]);
    const held = await session.listen(ids.at(-KEPT));
    await held.ended();
    expect(held.messages).toEqual(stream.messages.slice(1 - KEPT));
  });
});

describe('one stream has one reader (B8)', () => {
  it('gives it to the later of two resumptions and closes the earlier', async () => {
    const session = await McpSession.open(gatehouse.url);
    const lost = await session.streamTool(1, 'hold', { key: 'taken over' });
    const { id = '' } = await lost.frame('progress', ({ data }) => data?.includes('progress') === true);
    lost.close();
    const earlier = await session.listen(id);
    const later = await session.listen(id);
    await earlier.ended();
    gatehouse.app.get(Ledger).release('taken over');
    await later.answer(1);
    expect(earlier.messages).toEqual([]);
    expect(later.messages).toHaveLength(1);
  });

  it('gives every event to exactly one of two that come at the same time', async () => {
    const session = await McpSession.open(gatehouse.url);
    const first = await session.listen();
    const { id } = await first.frame('the priming event', (frame) => frame.id !== undefined);
    first.close();
    const [one, two] = await Promise.all([session.listen(id), session.listen(id)]);
    await until('one of them has closed', () => one.isEnded !== two.isEnded);
    const open = one.isEnded ? two : one;
    change();
    await open.message('the change', ({ method }) => method === 'notifications/tools/list_changed');
    expect(one.messages.length * two.messages.length).toBe(0);
    open.close();
  });

  it('gives the stream of announcements to the later of two GETs', async () => {
    const session = await McpSession.open(gatehouse.url);
    const [earlier, later] = [await session.listen(), await session.listen()];
    await earlier.ended();
    change();
    await later.message('the change', ({ method }) => method === 'notifications/tools/list_changed');
    expect(earlier.messages).toEqual([]);
    later.close();
  });
});
