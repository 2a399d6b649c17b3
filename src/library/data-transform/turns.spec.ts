import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

const never = new AbortController().signal;

describe('only so many run side by side', () => {
  it('lets the next in line through when a place is given back, once', async () => {
    const turns = new Turns(1, 2);
    const order: string[] = [];
    const leave = await turns.take(never);
    const [second, third] = ['second', 'third'].map(async (name) => {
      const away = await turns.take(never);
      order.push(name);
      return away;
    });
    leave?.();
    leave?.();
    (await second)?.();
    (await third)?.();
    expect(order).toEqual(['second', 'third']);
  });

  it('turns away whom the line has no room for', async () => {
    const turns = new Turns(1, 0);
    const leave = await turns.take(never);
    expect(await turns.take(never)).toBeUndefined();
    leave?.();
    expect(await turns.take(never)).toBeTypeOf('function');
  });

  it('forgets whoever gives up waiting', async () => {
    const turns = new Turns(1, 1);
    const leave = await turns.take(never);
    const cancel = new AbortController();
    const waiting = turns.take(cancel.signal);
    cancel.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    leave?.();
    expect(await turns.take(never)).toBeTypeOf('function');
  });
});
