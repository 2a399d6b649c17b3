import { randomBytes } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { settingsFrom } from '../config/load.js';
import { openLog } from '../observability/log.js';
import { guest } from '../protocol/caller.js';
import { RevocationWatch } from './credentials/revocation-watch.js';
import { StreamTickets } from './stream-tickets.js';

const given = { caller: guest, source: new IncomingMessage(new Socket()) };

let time: number;
let revision: number;
beforeEach(() => {
  time = 1_000_000;
  revision = 1;
});

const none = async (): Promise<void> => undefined;
function tickets(streamTickets = true): StreamTickets {
  const settings = settingsFrom({ authMode: 'embedded', streamTickets });
  const revocations = { generation: async () => revision, touch: none, revokeGrant: none, isGrantRevoked: async () => false, purge: none };
  const watch = new RevocationWatch(revocations, settings, openLog('silent', false));
  return new StreamTickets(settings, watch, { now: () => time }, { bytes: (count) => randomBytes(count) });
}

const issued = async (own: StreamTickets): Promise<string> => {
  await own.redeem('nothing', '/x').catch(() => undefined);
  return own.issue(given, '/sse');
};

describe('a stream ticket is good once, for one route, for half a minute (R26, R85 as ruled)', () => {
  it('gives its caller back', async () => {
    const own = tickets();
    const ticket = await issued(own);
    expect(ticket).toMatch(/^[\w-]{43}$/);
    expect(await own.redeem(ticket, '/sse')).toMatchObject(given);
    await expect(own.redeem(ticket, '/sse')).rejects.toMatchObject({ fault: 'token_invalid' });
  });

  it('is given to one of many who come at once (P7)', async () => {
    const own = tickets();
    const ticket = await issued(own);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => own.redeem(ticket, '/sse')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is gone after an attempt on another route', async () => {
    const own = tickets();
    const ticket = await issued(own);
    await expect(own.redeem(ticket, '/mcp')).rejects.toMatchObject({ fault: 'token_invalid' });
    await expect(own.redeem(ticket, '/sse')).rejects.toMatchObject({ fault: 'token_invalid' });
  });

  it('is late after 30 seconds', async () => {
    const own = tickets();
    const ticket = await issued(own);
    time += 30_000;
    await expect(own.redeem(ticket, '/sse')).rejects.toMatchObject({ fault: 'token_invalid' });
  });

  it('is worth nothing once something was revoked', async () => {
    const own = tickets();
    await own.redeem(await issued(own), '/sse');
    const ticket = own.issue(given, '/sse');
    revision += 1;
    await expect(own.redeem(ticket, '/sse')).rejects.toMatchObject({ fault: 'token_invalid' });
  });

  it('is not offered unless the setting says so', async () => {
    const own = tickets(false);
    expect(() => own.issue(given, '/sse')).toThrow(expect.objectContaining({ fault: 'route_unknown' }));
    await expect(own.redeem('x', '/sse')).rejects.toMatchObject({ fault: 'token_invalid' });
  });

  it('is refused to the ten-thousand-and-first, until the others are late', async () => {
    const own = tickets();
    for (let index = 0; index < 10_000; index += 1) own.issue(given, '/sse');
    expect(() => own.issue(given, '/sse')).toThrow(expect.objectContaining({ fault: 'overloaded' }));
    time += 31_000;
    expect(own.issue(given, '/sse')).toBeTypeOf('string');
  });
});
