/** Long lists come in pages, on every door; a cursor is only good where it was given out. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { startGatehouse } from '../support/gatehouse.js';
import { enter, everyDoor, oneDoorEach, builtStdio, type House } from '../support/mcp-doors.js';
import type { Peer } from '../support/mcp-peer.js';
import { openSession, postModern } from '../support/mcp-wire.js';

const LISTS = { 'tools/list': 'tools', 'prompts/list': 'prompts', 'resources/list': 'resources', 'resources/templates/list': 'resourceTemplates' } as const;

let gatehouse: Gatehouse;
let house: House;
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { pageSize: 2 }, modules: [FixtureModule] });
  house = { url: gatehouse.url, stdio: { ...builtStdio, env: { ...builtStdio.env, GATEHOUSE_PAGE_SIZE: '2' } } };
});
afterAll(() => gatehouse.close());

async function allPages(peer: Peer): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await peer.listToolsPage(cursor);
    pages.push(page.tools.map(({ name }) => name));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return pages;
}

describe.each(everyDoor.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it('reads every tool once, two to a page, in the same order as in one go', async () => {
    const peer = await enter(door, house);
    const pages = await allPages(peer);
    const names = pages.flat();
    expect(pages.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    expect(names.length).toBeGreaterThanOrEqual(4);
    expect(new Set(names).size).toBe(names.length);
    expect((await peer.listTools()).map(({ name }) => name)).toEqual(names);
  });
});

describe.each(oneDoorEach.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it('is refused a cursor that was changed, made up or is of another kind', async () => {
    const peer = await enter(door, house);
    const { nextCursor = '' } = await peer.listToolsPage();
    const flipped = `${nextCursor.slice(0, -2)}${nextCursor.at(-2) === 'A' ? 'B' : 'A'}${nextCursor.at(-1)}`;
    for (const forged of [flipped, 'MTAw', '2', '', `${Buffer.from('echo').toString('base64url')}.${'A'.repeat(22)}`, `${nextCursor}=`]) {
      await expect(peer.listToolsPage(forged), `the cursor "${forged}"`).rejects.toMatchObject({ code: -32602 });
    }
    expect((await peer.listToolsPage(nextCursor)).tools).toHaveLength(2);
  });
});

describe.each(Object.entries(LISTS))('%s', (method, member) => {
  it('gives out a cursor exactly while there is more, in both eras', async () => {
    const session = await openSession(gatehouse.url, '2025-06-18');
    for (const ask of [
      (params: object) => session.post({ jsonrpc: '2.0', id: 1, method, params }),
      (params: object) => postModern(gatehouse.url, method, { ...params }),
    ]) {
      const seen: unknown[] = [];
      for (let params = {}, more = true; more;) {
        const { result } = (await ask(params)).last;
        const entries = result?.[member];
        expect(entries).toBeInstanceOf(Array);
        seen.push(...(Array.isArray(entries) ? entries : []));
        more = typeof result?.['nextCursor'] === 'string';
        params = { cursor: result?.['nextCursor'] };
      }
      expect(new Set(seen.map((entry) => JSON.stringify(entry))).size).toBe(seen.length);
    }
  });

  it('refuses a cursor of another list', async () => {
    const other = method === 'tools/list' ? 'prompts/list' : 'tools/list';
    const { result } = (await postModern(gatehouse.url, other, {})).last;
    expect((await postModern(gatehouse.url, method, { cursor: result?.['nextCursor'] })).last.error?.code).toBe(-32602);
  });
});

describe('a list that changes between two pages', () => {
  it('neither repeats nor skips what was there all along', async () => {
    const catalogue = gatehouse.app.get(Catalogue);
    const first = await postModern(gatehouse.url, 'prompts/list', {});
    const early = catalogue.addPrompt({ name: 'aaa_early' }, () => 'early');
    const second = await postModern(gatehouse.url, 'prompts/list', { cursor: first.last.result?.['nextCursor'] });
    early.remove();
    const whole = [...catalogue.prompts.all()].map(({ name }) => name);
    const read = [first, second].flatMap(({ last }) => last.result?.['prompts']).map((prompt) => (prompt as { name: string }).name);
    expect(read).toEqual(whole.slice(0, 4));
  });
});
