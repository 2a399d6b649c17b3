import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { passwordFault } from './password-rules.js';
import { Passwords } from './passwords.js';

const passwords = () => new Passwords({ bytes: (count) => randomBytes(count) }, { log2: 12, blockSize: 8, parallelism: 1 });

describe('hashing cannot starve the server (F13)', () => {
  it('refuses who comes when a hundred wait already, and serves the others', async () => {
    const busy = passwords();
    const checks = Array.from({ length: 200 }, () => busy.check('x', undefined));
    const outcomes = await Promise.allSettled(checks);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(102);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ fault: 'overloaded' });
    expect(await busy.check('x', undefined)).toBe(false);
  });

  it('leaves the event loop free meanwhile', async () => {
    const busy = passwords();
    const work = Promise.all(Array.from({ length: 20 }, () => busy.hash('correct horse')));
    const started = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    expect(performance.now() - started).toBeLessThan(50);
    await work;
  });
});

describe('a one-time password', () => {
  it('is a hundred random bits in readable groups, and passes the rules', () => {
    const made = passwords().oneTime();
    expect(made).toMatch(/^([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}$/);
    expect(passwordFault(made, 'admin')).toBeUndefined();
  });
});

describe('a new password', () => {
  it.each([
    ['elevenchars', 'at least 12'], ['passwordpassword', 'first that are guessed'], ['Password1234!', 'first that are guessed'],
    ['aaaaaaaaaaaaaaaa', 'first that are guessed'], ['123456123456', 'first that are guessed'], ['ich bin anna.arendt', 'user name'], ['x'.repeat(257), 'at most 256'],
  ])('%j is refused: %s', (password, reason) => {
    expect(passwordFault(password, 'anna.arendt')).toContain(reason);
  });

  it.each(['correct horse battery staple', 'Vier Wörter, ein Satz.', 'kJ8!vbn2#Lq0'])('%j is taken', (password) => {
    expect(passwordFault(password, 'anna.arendt')).toBeUndefined();
  });
});
