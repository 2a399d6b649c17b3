import { describe, expect, it, vi } from 'vitest';
import { settingsFrom } from '../config/load.js';
import { openLog } from '../observability/log.js';
import { anonymous, type Caller } from '../protocol/caller.js';
import { MemoryRateCounter } from '../storage/memory/rate-counter.memory.js';
import { MemorySlots } from '../storage/memory/slots.memory.js';
import { Limits } from './limits.service.js';

const person = (subject: string, tenant = 'default'): Caller => ({ ...anonymous, kind: 'user', subject, client: 'desktop', tenant });

function make(settings: Record<string, unknown> = {}): { limits: Limits; time: { now: number } } {
  const time = { now: 1_780_000_000_000 };
  return { time, limits: new Limits(new MemoryRateCounter({ now: () => time.now }), new MemorySlots(), settingsFrom(settings), openLog('silent', false)) };
}

const nothing = (): void => {};
const refusal = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

describe('visits of one address', () => {
  it('are a hundred within a quarter of an hour, told in the standard headers and no others (R39, R40, R41, R42)', async () => {
    const { limits, time } = make();
    const first = await limits.visit('stream_open', '203.0.113.7');
    expect(first).toEqual(['RateLimit-Policy', '"stream_open";q=100;w=900', 'RateLimit', '"stream_open";r=99;t=900']);
    for (let visit = 1; visit < 100; visit++) await limits.visit('stream_open', '203.0.113.7');
    time.now += 600_500;
    expect(await refusal(limits.visit('stream_open', '203.0.113.7'))).toMatchObject({
      row: { http: 429 }, say: expect.stringContaining('Too many requests from this IP'), retryAfterSeconds: 300,
      headers: ['RateLimit-Policy', '"stream_open";q=100;w=900', 'RateLimit', '"stream_open";r=0;t=300'],
    });
    time.now += 300_000;
    expect(await refusal(limits.visit('stream_open', '203.0.113.7'))).toBeUndefined();
  });

  it('are counted for each door by itself, and for each network by itself', async () => {
    const { limits } = make({ visitsPerAddress: 1 });
    await limits.visit('stream_open', '2001:db8:1:2::1');
    expect(await refusal(limits.visit('stream_open', '2001:db8:1:2::2'))).toMatchObject({ fault: 'visits_too_many' });
    expect(await refusal(limits.visit('stream_open', '2001:db8:1:3::1'))).toBeUndefined();
    expect(await refusal(limits.visit('admin', '2001:db8:1:2::1'))).toBeUndefined();
  });

  it('are any number where the operator wants no limit', async () => {
    const { limits } = make({ visitsPerAddress: 0 });
    for (let visit = 0; visit < 200; visit++) expect(await limits.visit('stream_open', '203.0.113.7')).toEqual([]);
  });
});

describe('streams', () => {
  it('are five of one address, whoever opens them (R43, R44, R45)', async () => {
    const { limits } = make();
    const open = (subject: string) => limits.holdStream({ address: '203.0.113.7', caller: person(subject), whenLost: nothing });
    const [leave] = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(open));
    expect(await refusal(open('f'))).toMatchObject({ row: { http: 429 }, say: 'Connection limit exceeded: maximum 5 streams per address', retryAfterSeconds: 5 });
    leave?.();
    expect(await refusal(open('f'))).toBeUndefined();
  });

  it('are three of one person, whose oldest gives way to the newest (R46, R47)', async () => {
    const { limits } = make({ maxStreamsPerAddress: 0 });
    const lost = ['1', '2', '3', '4'].map((address) => ({ address, whenLost: vi.fn<() => void>() }));
    for (const { address, whenLost } of lost) await limits.holdStream({ address, caller: person('anna'), whenLost });
    expect(lost.map(({ whenLost }) => whenLost.mock.calls.length)).toEqual([1, 0, 0, 0]);
    await limits.holdStream({ address: '5', caller: person('bert'), whenLost: nothing });
    expect(lost.map(({ whenLost }) => whenLost.mock.calls.length)).toEqual([1, 0, 0, 0]);
  });

  it('are refused to a person who has three, where the operator wants it so, and hold no place of the address', async () => {
    const { limits } = make({ streamsPerUserPolicy: 'reject' });
    const open = (subject: string) => limits.holdStream({ address: '203.0.113.7', caller: person(subject), whenLost: nothing });
    for (let stream = 0; stream < 3; stream++) await open('anna');
    for (let attempt = 0; attempt < 5; attempt++) expect(await refusal(open('anna'))).toMatchObject({ say: 'Connection limit exceeded: maximum 3 streams per user' });
    await open('bert');
    await open('carl');
    expect(await refusal(open('dora'))).toMatchObject({ say: 'Connection limit exceeded: maximum 5 streams per address' });
  });

  it('count by address alone where nobody signs in', async () => {
    const { limits } = make();
    const whenLost = vi.fn<() => void>();
    for (let stream = 0; stream < 5; stream++) await limits.holdStream({ address: '127.0.0.1', caller: anonymous, whenLost });
    expect(whenLost).not.toHaveBeenCalled();
  });
});

describe('calls', () => {
  it('are not counted unless the operator says so', () => {
    expect(make().limits.countsCalls).toBe(false);
    expect(make({ callsPerMinute: 1 }).limits.countsCalls).toBe(true);
  });

  it.each([
    ['caller', 'callsPerMinutePerCaller', ['anna', 'greet', 'other'], ['bert', 'echo', 'default']],
    ['tool', 'callsPerMinutePerTool', ['bert', 'echo', 'other'], ['anna', 'greet', 'default']],
    ['tenant', 'callsPerMinutePerTenant', ['bert', 'greet', 'default'], ['anna', 'echo', 'other']],
    ['server', 'callsPerMinute', ['bert', 'greet', 'other'], undefined],
  ])('are so many a minute of one %s', async (_what, setting, alike, apart) => {
    const { limits, time } = make({ [setting]: 2 });
    const call = ([subject = '', tool = '', tenant = '']: readonly string[]) => refusal(limits.calls(person(subject, tenant), [tool]));
    await call(['anna', 'echo', 'default']);
    await call(['anna', 'echo', 'default']);
    time.now += 20_000;
    expect(await call(alike)).toMatchObject({ row: { http: 429 }, retryAfterSeconds: 40, headers: expect.arrayContaining(['RateLimit-Policy']) });
    if (apart) expect(await call(apart)).toBeUndefined();
    time.now += 40_000;
    expect(await call(alike)).toBeUndefined();
  });
});
