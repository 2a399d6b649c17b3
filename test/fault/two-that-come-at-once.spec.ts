/** Requests for one stream that arrive in the same instant, which separate connections only rarely manage (row B8; P3, P4). */
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import { ChangeFeed } from '../../src/tools/change-feed.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import type { EventStream } from '../support/http-event-stream.js';
import { LedgerModule } from '../support/http-ledger.js';
import { McpSession } from '../support/http-mcp.js';
import { head, RawConnection } from '../support/http-raw.js';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

/** Sends requests of a session in one packet, so that the server reads them in one turn. */
async function atOnce(session: McpSession, ...methods: string[]): Promise<RawConnection> {
  const own = Object.entries(session.headers).filter(([name]) => name !== 'content-type').map(([name, value]) => `${name}: ${value}`);
  const line = await RawConnection.open(gatehouse.url);
  onTestFinished(() => line.destroy());
  return line.write(methods.map((method) => head([`${method} /mcp HTTP/1.1`, 'Host: localhost', ...own])).join(''));
}

/** Counts who listens for changes from now on. */
function listeners(): () => number {
  const feed = gatehouse.app.get(ChangeFeed);
  const subscribe = feed.subscribe.bind(feed);
  let count = 0;
  vi.spyOn(feed, 'subscribe').mockImplementation((listener) => {
    const unsubscribe = subscribe(listener);
    count++;
    return () => {
      count--;
      unsubscribe();
    };
  });
  return () => count;
}

describe('the stream for announcements', () => {
  it('is begun once, though two ask for it: nothing is announced twice (P3)', async () => {
    const line = await atOnce(await McpSession.open(gatehouse.url), 'GET', 'GET');
    await until('both are open', () => line.unread.split('HTTP/1.1 200').length === 3);
    gatehouse.app.get(Catalogue).addTool({ name: 'seen-once' }, () => 'x');
    await until('the change is told', () => line.unread.includes('list_changed'));
    gatehouse.app.get(Catalogue).addPrompt({ name: 'seen-after' }, () => 'x');
    await until('the next one is told', () => line.unread.includes('prompts/list_changed'));
    expect(line.unread.split('tools/list_changed')).toHaveLength(2);
  });

  it('ends with its session, though that ends while it is opened, and nobody listens any more (P4)', async () => {
    const count = listeners();
    for (let round = 0; round < 5; round++) {
      const line = await atOnce(await McpSession.open(gatehouse.url), 'GET', 'DELETE');
      await until('it is over', () => line.isClosed || line.unread.includes('HTTP/1.1 204'));
    }
    await until('nobody listens', () => count() === 0);
    expect(count()).toBe(0);
  });
});

describe('two readers that resume one stream again and again while its call runs (B8)', () => {
  it('have every event between them, and each reads without a hole from where it asked', async () => {
    const session = await McpSession.open(gatehouse.url);
    const steps = 400;
    const first = await session.streamTool(1, 'walk', { key: 'contested', count: steps });
    const readers: EventStream[] = [first];
    const lastId = (): string => readers.flatMap(({ frames }) => frames).flatMap(({ id }) => id ?? []).reduce((a, b) => (offset(b) > offset(a) ? b : a));
    await first.frame('an id', ({ id }) => id !== undefined);
    while (!readers.some(({ messages }) => messages.some(({ id }) => id === 1))) {
      const id = lastId();
      readers.push(...await Promise.all([session.listen(id), session.listen(id)]));
      await until('one of them was taken over or all is said', () => readers.slice(-2).some(({ isEnded }) => isEnded));
    }
    await Promise.all(readers.map((reader) => reader.ended()));
    // Each reads without a hole, from where it asked on.
    for (const reader of readers) expect(offsets(reader)).toEqual(offsets(reader).map((_, index) => (offsets(reader)[0] ?? 0) + index));
    const heard = new Set(readers.flatMap(offsets));
    expect([...heard].toSorted((a, b) => a - b)).toEqual(Array.from({ length: steps + 1 }, (_, index) => index + 1));
    expect(readers.length).toBeGreaterThan(2);
  });
});

function offset(id: string): number {
  return Number(id.split('_')[2]);
}

/** Where the messages of a stream stand; the priming event is none. */
function offsets({ frames }: EventStream): number[] {
  return frames.flatMap(({ id, data }) => (id !== undefined && data !== '' ? offset(id) : []));
}
