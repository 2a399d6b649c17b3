/** EventSource cannot send a credential: a ticket stands in for it, once, for half a minute (R26, R85 as ruled). */
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Gatehouse } from '../../src/bootstrap.js';
import { EventStream } from '../support/http-event-stream.js';
import { startGatehouse } from '../support/gatehouse.js';
import { send } from '../support/http-mcp.js';

const KEY = 'a-key-of-the-page-0123456789';
const key = { authorization: `Bearer ${KEY}` };
const issued = z.strictObject({ ticket: z.string().min(40), expiresIn: z.literal(30) });

let gatehouse: Gatehouse;
afterEach(() => gatehouse.close());

async function start(settings: Record<string, unknown>): Promise<void> {
  gatehouse = await startGatehouse({ settings: { authMode: 'embedded', databaseUrl: 'sqlite::memory:', publicUrl: 'https://gate.example', apiKey: KEY, ...settings } });
}

async function ticket(): Promise<string> {
  const reply = await send(`${gatehouse.url}/stream-tickets`, { headers: key });
  expect(reply.status).toBe(201);
  return issued.parse(JSON.parse(reply.text)).ticket;
}

describe('where tickets are offered', () => {
  it('opens the stream with one, and never a second time', async () => {
    await start({ streamTickets: true });
    const address = `${gatehouse.url}/sse?ticket=${await ticket()}`;
    const stream = await EventStream.open(address);
    expect(await stream.frame('the endpoint', ({ event }) => event === 'endpoint')).toMatchObject({ data: expect.stringContaining('/messages?sessionId=') });
    const again = await EventStream.open(address);
    expect(again.status).toBe(401);
    stream.close();
  });

  it('gives none to who brings no credential', async () => {
    await start({ streamTickets: true });
    expect((await send(`${gatehouse.url}/stream-tickets`)).status).toBe(401);
  });

  it('takes neither a made-up ticket nor a token in its place (E7)', async () => {
    await start({ streamTickets: true });
    for (const query of ['ticket=made-up', 'ticket=', `token=${KEY}`, `access_token=${KEY}`]) {
      const stream = await EventStream.open(`${gatehouse.url}/sse?${query}`);
      expect([query, stream.status]).toEqual([query, 401]);
      stream.close();
    }
  });
});

describe('by default', () => {
  it('knows no tickets', async () => {
    await start({});
    expect((await send(`${gatehouse.url}/stream-tickets`, { headers: key })).status).toBe(404);
    const stream = await EventStream.open(`${gatehouse.url}/sse?ticket=anything`);
    expect(stream.status).toBe(401);
    stream.close();
  });
});
