import { describe, expect, it } from 'vitest';
import type { ToolContext } from '../tools/context.js';
import { DECLARATIONS } from '../tools/decorators.js';
import type { Declaration } from '../tools/decorators.js';
import { ToolError } from '../tools/tool-error.js';
import { Basics } from './basics.js';

const noon = Date.UTC(2026, 6, 28, 12, 0, 0, 999);
const basics = new Basics({ now: () => noon });

function over(transport: ToolContext['transport']): ToolContext {
  return Object.assign(Object.create(null), { transport });
}

async function complaint(method: 'echo' | 'greet' | 'serverTime', args: unknown): Promise<string | undefined> {
  const [declaration]: Declaration[] = Reflect.getMetadata(DECLARATIONS, basics[method]);
  if (declaration?.kind !== 'tool' || !declaration.options.inputSchema) throw new Error('no schema');
  const schema = declaration.options.inputSchema;
  if (!('~standard' in schema) || typeof schema['~standard'] !== 'object') throw new Error('no Standard Schema');
  const standard: { validate?: (value: unknown) => unknown } = { ...schema['~standard'] };
  const outcome: { issues?: readonly { message: string }[] } = Object(await standard.validate?.(args));
  return outcome.issues?.[0]?.message;
}

describe('echo sends back what it was sent (R238)', () => {
  it.each(['sse', 'streamable-http', 'stdio'] as const)('names the transport that carried it: %s', (transport) => {
    expect(basics.echo({ message: 'hello' }, over(transport)))
      .toEqual({ echo: 'hello', timestamp: '2026-07-28T12:00:00.999Z', transport });
  });

  it('refuses an empty message with a sentence of its own (R206, R247)', async () => {
    expect(await complaint('echo', { message: '' })).toBe('message must not be empty');
    expect(await complaint('echo', { message: ' ' })).toBeUndefined();
  });
});

describe('server_time tells the time where the caller asks for it (R239)', () => {
  it('writes one moment four ways', () => {
    expect(basics.serverTime({ timezone: 'Asia/Kolkata' })).toEqual({
      iso: '2026-07-28T12:00:00.999Z', local: expect.stringMatching(/^Tuesday,? 28 July 2026 at 17:30:00 GMT\+5:30$/), unix: 1785240000, timezone: 'Asia/Kolkata',
    });
  });

  it('takes UTC where no time zone is named', async () => {
    expect(await complaint('serverTime', {})).toBeUndefined();
    expect(basics.serverTime({ timezone: 'UTC' }).local).toMatch(/^Tuesday,? 28 July 2026 at 12:00:00 UTC$/);
  });

  it('says what a time zone looks like when it does not know one', () => {
    expect(() => basics.serverTime({ timezone: 'Mars/Base' })).toThrow(ToolError);
    expect(() => basics.serverTime({ timezone: 'Mars/Base' })).toThrow('Unknown time zone "Mars/Base"');
  });
});

describe('greet greets (R210)', () => {
  it('calls the caller by name', () => {
    expect(basics.greet({ name: 'Ada' })).toBe('Hello, Ada!');
  });

  it('refuses a blank name (R207)', async () => {
    expect(await complaint('greet', { name: '  ' })).toBe('name must not be blank');
  });
});
