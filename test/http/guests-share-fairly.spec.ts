import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { initialize } from '../support/http-mcp.js';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { authMode: 'embedded', guests: true, maxSessionsPerCaller: 2, trustedProxies: '127.0.0.1' } });
});
afterAll(() => gatehouse.close());

const opensFrom = (address: string): Promise<number> => initialize(gatehouse.url, '2025-11-25', { 'x-forwarded-for': address }).then(({ status }) => status);

describe('guests share a server fairly', () => {
  it('so that a stranger who opens all sessions he may have takes none from another', async () => {
    expect([await opensFrom('203.0.113.7'), await opensFrom('203.0.113.7'), await opensFrom('203.0.113.7')]).toEqual([200, 200, 429]);
    expect(await opensFrom('198.51.100.9, 203.0.113.7')).toBe(429);
    expect(await opensFrom('203.0.113.8')).toBe(200);
  });
});
