/** Row I1: one line for each event, parseable, escaped and cut, whatever its fields hold. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { Log, type LogFields } from './log.js';
import { NestLog } from './nest-log.js';

function logged(write: (log: Log) => void, level = 'debug'): string[] {
  const lines: string[] = [];
  write(new Log(pino({ level, base: null, messageKey: 'event' }, { write: (text) => lines.push(text) })));
  return lines;
}

function fieldsOf(fields: LogFields): Record<string, unknown> {
  const [line = ''] = logged((log) => log.info('it.happened', fields));
  return JSON.parse(line);
}

const nasty = ['\r\n{"level":50,"event":"forged"}', '\u001b[2J\u001b[31mred', '\u202egnp.exe', '\u2028\u2029', '"},{"', '\0', '\ud800'];

const controls = ['\r', '\n', '\u001b'];

describe('an event is one line that machines read', () => {
  it('has the event as it is named, its level and its fields', () => {
    const lines = logged((log) => {
      log.debug('a.done');
      log.info('b.done', { n: 1 });
      log.warn('c.done', { nested: { a: [1] } });
      log.error('d.done', { err: new Error('why') });
    });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 20, event: 'a.done' }, { level: 30, event: 'b.done', n: 1 }, { level: 40, event: 'c.done', nested: { a: [1] } },
      { level: 50, event: 'd.done', err: { message: 'why', stack: expect.stringContaining('log.spec.ts') } },
    ]);
  });

  it('is nothing below its level, and then reads no field', () => {
    const read = vi.fn<() => string>(() => 'x');
    const fields = { get costly(): string {
      return read();
    } };
    expect(logged((log) => log.info('a.done', fields), 'warn')).toEqual([]);
    expect(read).not.toHaveBeenCalled();
  });

  it.each(nasty)('stays one line and keeps its meaning with %j in a field', (text) => {
    const lines = logged((log) => log.warn('it.happened', { text, nested: { text }, [text]: 1 }));
    expect(lines).toHaveLength(1);
    for (const character of controls) expect(lines[0]?.trimEnd()).not.toContain(character);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'it.happened', level: 40 });
  });

  it('gives back any field as it was', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      expect(fieldsOf({ text })['text']).toBe(text.toWellFormed() === text ? text : expect.any(String));
    }));
  });
});

describe('a long field is cut', () => {
  it('at 2 KB, and shows that it was', () => {
    expect(fieldsOf({ text: 'x'.repeat(2048) })['text']).toBe('x'.repeat(2048));
    expect(fieldsOf({ text: 'x'.repeat(1024 ** 2) })['text']).toBe(`${'x'.repeat(2048)}…`);
  });

  it('leaves the given fields as they were', () => {
    const fields = { text: 'x'.repeat(5000) };
    fieldsOf(fields);
    expect(fields.text).toHaveLength(5000);
  });
});

describe('a terminal reads one harmless line for each event', () => {
  it.each([true, false])('readable: %s', (readable) => {
    const script = `
      import { openLog } from './src/observability/log.ts';
      const log = openLog('info', ${readable});
      for (const text of ${JSON.stringify(nasty)}) log.info('it.happened', { text, nested: { text } });
      log.debug('never.seen');`;
    const { stderr, stdout, status } = spawnSync(process.execPath, ['--import', './scripts/typescript.mjs', '--input-type=module', '-e', script], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
    expect([status, stdout]).toEqual([0, '']);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(nasty.length);
    for (const line of lines) {
      expect(line).toContain('it.happened');
      for (const character of controls) expect(line).not.toContain(character);
    }
  });
});

describe("Nest's own messages", () => {
  it('are events of the one log; what it tells at start is detail', () => {
    const lines = logged((log) => {
      const nest = new NestLog(log);
      nest.log('Mapped {/x, GET} route', 'RouterExplorer');
      nest.debug('d');
      nest.verbose('v');
      nest.warn('w', 'Injector');
      nest.error('e', 'stack', 'ExceptionsHandler');
      nest.fatal('f');
    });
    expect(lines.map((line) => JSON.parse(line)).map(({ level, event, message }) => [level, event, message])).toEqual([
      [20, 'nest.log', 'Mapped {/x, GET} route'], [20, 'nest.debug', 'd'], [20, 'nest.verbose', 'v'], [40, 'nest.warn', 'w'], [50, 'nest.error', 'e'], [50, 'nest.fatal', 'f'],
    ]);
  });
});
