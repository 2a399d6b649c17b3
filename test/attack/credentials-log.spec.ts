import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { Log } from '../../src/observability/log.js';
import { aRequest, DoorBench } from '../support/door-bench.js';

const KEY = 'canary-static-key-5f2b';

describe('no credential reaches the log, whatever becomes of it (P9, E7)', () => {
  it('is neither in a line about a refusal, nor in a challenge, nor in a fault', async () => {
    const lines: string[] = [];
    const log = new Log(pino({ level: 'trace', base: null }, { write: (line: string) => void lines.push(line) }));
    const bench = new DoorBench({ apiKey: KEY, jwtSecret: 'canary-secret-of-simple-mode-9c41-9c41' }, { log });
    await bench.person();
    const { key, text } = await bench.apiKeys.create({ name: 'ci', roles: [] });
    const tokens = [bench.mint.mint(), bench.mint.mint({ exp: 1000 }), bench.mint.mint({ aud: 'x' }), bench.mint.mint({}, { alg: 'none' }), text, `${text}x`, `gh_${key.id}_${'S'.repeat(43)}`, KEY, `${KEY}x`];
    for (const token of tokens) {
      for (const asking of [{ authorization: `Bearer ${token}` }, { authorization: token }, { authorization: `DPoP ${token}` }, { headers: { 'x-api-key': token } }, { url: `/mcp?token=${token}` }]) {
        const raised = await bench.fault(asking);
        if (!raised) continue;
        const shown = [...bench.door.headersFor(raised, aRequest(asking)), bench.door.challengeText(raised) ?? '', raised.say, JSON.stringify(raised.data ?? ''), JSON.stringify(raised.detail ?? '')];
        expect(shown.filter((part) => part.includes(token))).toEqual([]);
      }
    }
    const written = lines.join('');
    expect(written).toContain('credential.refused');
    const secrets = tokens.flatMap((token) => [token, token.split('.')[2] ?? token, token.split('_')[2] ?? token]).filter((secret) => secret.length > 12);
    expect(secrets.filter((secret) => written.includes(secret))).toEqual([]);
  });

  it('says once in a while that nobody can be judged, however many ask (J4)', async () => {
    const lines: string[] = [];
    const log = new Log(pino({ level: 'warn', base: null }, { write: (line: string) => void lines.push(line) }));
    const bench = new DoorBench({}, { log });
    vi.spyOn(bench.revocations, 'generation').mockRejectedValue(new Error('away'));
    for (let round = 0; round < 50; round += 1) expect(await bench.refusalOf(bench.mint.mint())).toBe('credentials_unavailable');
    expect(lines.filter((line) => line.includes('credential.refused'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('auth.revocations_unknown'))).toHaveLength(1);
  });
});
