import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRequest, DoorBench } from '../support/door-bench.js';
import { aSigningKey, TokenMint } from '../support/token-mint.js';

let bench: DoorBench;
let token: string;
beforeEach(async () => {
  bench = new DoorBench();
  await bench.person();
  token = bench.mint.mint();
  await bench.bearer(token);
});
afterEach(() => bench.watch.onModuleDestroy());

describe('what is taken back stops working with the next request (pitfall 18, E11)', () => {
  it('a grant', async () => {
    await bench.revocations.revokeGrant('grant-1', bench.time + 600_000);
    expect(await bench.refusalOf(token)).toBe('token_invalid');
    expect(await bench.refusalOf(bench.mint.mint({ gid: 'grant-2' }))).toBe('admitted');
  });

  it('a person who was disabled', async () => {
    await bench.users.update('anna', { disabled: true });
    expect(await bench.refusalOf(token)).toBe('token_invalid');
    expect(await bench.refusalOf(bench.mint.mint({ epoch: 99 }))).toBe('token_invalid');
  });

  it('rights of before a change of roles; a token of afterwards has the new ones', async () => {
    const changed = await bench.users.update('anna', { roles: ['analyst'] });
    expect(await bench.refusalOf(token)).toBe('token_invalid');
    expect(await bench.bearer(bench.mint.mint({ epoch: changed?.epoch }))).toMatchObject({ roles: ['analyst'] });
  });

  it('a person nobody knows, and a token that does not say how fresh it is', async () => {
    expect(await bench.refusalOf(bench.mint.mint({ sub: 'nobody' }))).toBe('token_invalid');
    expect(await bench.refusalOf(bench.mint.mint({ epoch: undefined }))).toBe('token_invalid');
  });

  it('a signing key, with the tokens it signed', async () => {
    bench.signingKeys.splice(0, 1, aSigningKey('key-2'));
    bench.watch.invalidate();
    expect(await bench.refusalOf(token)).toBe('token_invalid');
    const [next] = bench.signingKeys;
    if (next) expect(await bench.refusalOf(new TokenMint(bench.mint.issuer, bench.mint.audience, next).mint())).toBe('admitted');
  });

  it('a verdict that was reached while it was being taken back', async () => {
    const second = bench.mint.mint({ gid: 'grant-3' });
    const anna = await bench.users.find('anna');
    vi.spyOn(bench.users, 'find').mockImplementationOnce(async () => {
      await bench.revocations.revokeGrant('grant-3', bench.time + 600_000);
      return anna;
    });
    await bench.refusalOf(second);
    expect(await bench.refusalOf(second)).toBe('token_invalid');
  });
});

describe('a verdict is remembered, within bounds', () => {
  it('makes admitting synchronous until the next look is due', async () => {
    const patient = new DoorBench({ revocationCheckMs: 60_000 });
    await patient.person();
    const authorization = `Bearer ${patient.mint.mint()}`;
    await patient.admit({ authorization });
    expect(patient.door.admit(aRequest({ authorization }))).toMatchObject({ subject: 'anna' });
  });

  it('judges a credential once for all who wait for it', async () => {
    const find = vi.spyOn(bench.users, 'find');
    const fresh = bench.mint.mint();
    await Promise.all(Array.from({ length: 50 }, () => bench.bearer(fresh)));
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('gives the same caller, which nobody can change', async () => {
    const caller = await bench.bearer(token);
    expect(await bench.bearer(token)).toBe(caller);
    expect(Object.isFrozen(caller) && Object.isFrozen(caller.roles) && Object.isFrozen(caller.scopes)).toBe(true);
  });
});

describe('while the store is away (P5, P11)', () => {
  it('known credentials serve for a while, unknown ones wait; then nobody is let in, and nobody is called wrong', async () => {
    vi.spyOn(bench.revocations, 'generation').mockRejectedValue(new Error('away'));
    expect(await bench.refusalOf(token)).toBe('admitted');
    vi.spyOn(bench.users, 'find').mockRejectedValue(new Error('away'));
    expect(await bench.refusalOf(bench.mint.mint())).toBe('credentials_unavailable');
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 31_000);
    expect(await bench.refusalOf(token)).toBe('credentials_unavailable');
  });

  it('does not wait for ever for a store that says nothing', async () => {
    const fresh = new DoorBench();
    vi.spyOn(fresh.revocations, 'generation').mockReturnValue(new Promise(() => undefined));
    const started = performance.now();
    expect(await fresh.refusalOf('anything')).toBe('credentials_unavailable');
    expect(performance.now() - started).toBeLessThan(2500);
  });
});
