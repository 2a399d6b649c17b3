/** Rows D7 and G7: what was written for the caller reaches the caller; everything else stays in the log. */
import { BadRequestException, ForbiddenException, HttpException, InternalServerErrorException, NotFoundException } from '@nestjs/common';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Log } from '../../observability/log.js';
import { errorJson, fault } from '../../protocol/faults.js';
import { rulesOf } from '../../protocol/revision.js';
import { ToolError } from '../tool-error.js';
import { Failures } from './failures.js';

interface Line {
  event: string;
  fields: Record<string, unknown>;
}

function failures(): { failures: Failures; lines: Line[] } {
  const lines: Line[] = [];
  return { lines, failures: new Failures({ error: (event, fields) => lines.push({ event, fields }) }, () => 'ref-1') };
}

const rules = rulesOf('2025-11-25');
const leak = new Error('password=hunter2 at /srv/app/db.ts');

const spoken: [title: string, error: unknown, sentence: string][] = [
  ['a ToolError', new ToolError('The flight is full'), 'The flight is full'],
  ['a refusal of a guard', new ForbiddenException(), 'Forbidden'],
  ['a sentence of a Nest exception', new BadRequestException('seat must be a number'), 'seat must be a number'],
  ['the list of a validation pipe', new BadRequestException(['a must be text', 'b is missing']), 'a must be text; b is missing'],
  ['an exception with a text as its body', new HttpException('Gone away', 410), 'Gone away'],
  ['an exception with a body of its own', new HttpException({ reason: 'x' }, 409), 'Http Exception'],
  ['an unknown one', new NotFoundException('No such flight'), 'No such flight'],
];

const unspoken: [title: string, error: unknown][] = [
  ['an error', leak],
  ['a Nest exception from 500 on', new InternalServerErrorException(leak.message)],
  ['a text', leak.message],
  ['an object', { message: leak.message, stack: leak.stack }],
  ['nothing', undefined],
  ['an error that pretends to be one of ours', Object.assign(new Error(leak.message), { name: 'ToolError' })],
  ['an error that a Nest exception wraps', new BadRequestException(leak)],
];

describe('a failed tool is one plain sentence for the model (R208, D7)', () => {
  it.each(spoken)('passes %s on, and logs nothing', (_, error, sentence) => {
    const { failures: of, lines } = failures();
    expect(of.toolMessage(error, 'book', 30_000, rules)).toBe(sentence);
    expect(lines).toEqual([]);
  });

  it.each(unspoken)('keeps %s private, and logs it under a reference', (_, error) => {
    const { failures: of, lines } = failures();
    expect(of.toolMessage(error, 'book', 30_000, rules)).toBe('book failed (reference ref-1)');
    expect(lines).toEqual([{ event: 'call.failed', fields: { tool: 'book', revision: '2025-11-25', reference: 'ref-1', err: error } }]);
  });

  it('says how long it waited (D8)', () => {
    expect(failures().failures.toolMessage(fault('call_too_slow'), 'book', 1500, rules)).toBe('book did not finish within 1.5 s');
  });

  it('says the public sentence of a fault, never its detail or cause', () => {
    const { failures: of, lines } = failures();
    expect(of.toolMessage(fault('client_failed', { detail: leak, cause: leak }), 'book', 1, rules)).toBe('The client answered a question of the server with an error');
    expect(lines).toEqual([]);
  });
});

describe('any other failed call is a JSON-RPC error (D7, G7)', () => {
  it('passes a fault on as it is', () => {
    const raised = fault('tool_unknown');
    const { failures: of, lines } = failures();
    expect(of.asFault(raised, 'tools/call')).toBe(raised);
    expect(lines).toEqual([]);
  });

  it('logs the detail of a fault that is ours to repair (D14)', () => {
    const { failures: of, lines } = failures();
    of.asFault(fault('output_invalid', { detail: { tool: 'book' }, cause: leak }), 'tools/call');
    expect(lines).toEqual([{ event: 'call.failed', fields: { method: 'tools/call', fault: 'output_invalid', detail: { tool: 'book' }, err: leak } }]);
  });

  it.each(spoken)('passes %s on', (_, error, sentence) => {
    const raised = failures().failures.asFault(error, 'resources/read');
    const isMissing = error instanceof NotFoundException;
    expect(JSON.parse(errorJson(raised, rules))).toEqual({ code: isMissing ? -32002 : -32603, message: sentence });
    expect(raised.cause).toBe(error);
  });

  it('answers a NotFoundException like a missing resource, by the code of the revision', () => {
    const raised = failures().failures.asFault(new NotFoundException('No such file'), 'resources/read');
    expect(JSON.parse(errorJson(raised, rules))).toEqual({ code: -32002, message: 'No such file' });
    expect(JSON.parse(errorJson(raised, rulesOf('2026-07-28')))).toEqual({ code: -32602, message: 'No such file' });
  });

  it('says no more than that of a missing resource whose exception wraps an error', () => {
    const raised = failures().failures.asFault(new NotFoundException(leak), 'resources/read');
    expect(JSON.parse(errorJson(raised, rules))).toEqual({ code: -32002, message: 'Resource not found' });
  });

  it.each(unspoken)('turns %s into an internal error with a reference and nothing else', (_, error) => {
    const { failures: of, lines } = failures();
    const raised = of.asFault(error, 'prompts/get');
    expect(JSON.parse(errorJson(raised, rules))).toEqual({ code: -32603, message: 'Internal error', data: { reference: 'ref-1' } });
    expect(lines).toEqual([{ event: 'call.failed', fields: { method: 'prompts/get', reference: 'ref-1', err: error } }]);
  });
});

describe('an error that throws when it is looked at is answered all the same (D7)', () => {
  const boom = (): never => {
    throw new Proxy(new Error('x'), { get: boom, getPrototypeOf: boom }); // oxlint-disable-line no-throw-literal -- the misbehaviour under test
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  it.each<[string, unknown]>([
    ['in its prototype', new Proxy({}, { getPrototypeOf: boom })], ['in any member', new Proxy(new Error('x'), { get: boom })], ['in its stack', Object.defineProperty(new Error('x'), 'stack', { get: boom })],
    ['in a member of its own', Object.defineProperty(new Error('x'), 'extra', { enumerable: true, get: boom })], ['in its message', Object.defineProperty(new ToolError('x'), 'message', { get: boom })],
    ['because it is revoked', revoked.proxy],
  ])('%s', (_, error) => {
    const lines: string[] = [];
    const failures = new Failures(new Log(pino({ base: null, messageKey: 'event' }, { write: (line) => lines.push(line) })), () => 'ref-1');
    expect(failures.toolMessage(error, 'book', 1, rules)).toBe('book failed (reference ref-1)');
    expect(failures.asFault(error, 'prompts/get')).toMatchObject({ fault: 'internal', data: { reference: 'ref-1' } });
    expect(lines).toHaveLength(2);
    const about = [{ tool: 'book', revision: '2025-11-25' }, { method: 'prompts/get' }];
    const logged = { event: 'call.failed', reference: 'ref-1', err: 'an error that cannot be read' };
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject(about.map((fields) => ({ ...logged, ...fields })));
  });
});
