/** Row G7 as far as the table decides it: every refusal says something, carries codes that are ours to give, and keeps its detail. */
import { describe, expect, it } from 'vitest';
import { asFault, errorJson, Fault, fault, faultTable, type FaultName } from './faults.js';
import { revisions, rulesOf } from './revision.js';
import { SchemaTooNew, StorageUnavailable } from './storage-unavailable.js';

const rows = Object.entries(faultTable);

describe.each(rows)('the refusal %s', (name, row) => {
  it('says a whole sentence, without a full stop and without our own names for things', () => {
    expect(row.say).toMatch(/^(?:[A-Z_]|initialize |requestState )[^\n]{6,}[^.\s]$/);
    expect(row.say).not.toContain(name);
  });

  it('is logged at a level there is', () => {
    expect(['debug', 'info', 'warn', 'error']).toContain(row.log);
  });

  it('has a code that the specification gave, or one of ours: positive, and 1000 more than a status (base protocol, "Error Codes")', () => {
    const given = [-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022];
    expect(given.includes(row.rpc) || (row.rpc >= 1400 && row.rpc < 1600)).toBe(true);
  });

  it('is never a success on a wire that says how it went before the call is looked at', () => {
    expect(row.http === 200 || (row.http >= 400 && row.http < 600)).toBe(true);
  });
});

describe('the table', () => {
  it('has one sentence for one reason', () => {
    expect(new Set(rows.map(([, { say }]) => say)).size).toBe(rows.length);
  });

  it('answers 401 where a credential is missing or bad, and 403 where a good one is not enough (E15)', () => {
    const answeredWith = (http: number): string[] => rows.flatMap(([name, row]) => (row.http === http ? [name] : []));
    expect(answeredWith(401)).toEqual(['token_missing', 'token_invalid', 'token_expired']);
    expect(answeredWith(403)).toEqual(['host_refused', 'origin_refused', 'access_denied', 'scope_insufficient', 'form_refused']);
  });
});

describe('a raised fault', () => {
  it('says what its row says, or more exactly what happened', () => {
    expect(fault('tool_unknown')).toMatchObject({ name: 'Fault', fault: 'tool_unknown', say: 'Unknown tool', message: 'Unknown tool', row: faultTable.tool_unknown });
    expect(fault('tool_unknown', { say: 'Unknown tool: a' })).toMatchObject({ say: 'Unknown tool: a', message: 'Unknown tool: a' });
  });

  it('carries what it was given, and nothing it was not', () => {
    const given = { data: { a: 1 }, detail: 'private', retryAfterSeconds: 3, challenge: { scope: 'mcp' } };
    const cause = new Error('behind it');
    expect(fault('overloaded', { ...given, cause })).toMatchObject({ ...given, cause });
    expect(fault('overloaded')).toMatchObject({ data: undefined, detail: undefined, retryAfterSeconds: undefined, challenge: undefined });
    expect(fault('overloaded')).not.toHaveProperty('cause');
  });

  it('has no stack: it is an answer, and costs little', () => {
    const before = Error.stackTraceLimit;
    expect(fault('overloaded').stack).not.toContain('\n');
    expect(Error.stackTraceLimit).toBe(before);
    expect(new Error('a defect').stack).toContain('faults.spec');
  });

  it('leaves the stacks of defects alone, also when it could not be made', () => {
    const before = Error.stackTraceLimit;
    const unheard: unknown = 'unheard_of';
    expect(() => fault(unheard as FaultName)).toThrow(TypeError);
    expect(Error.stackTraceLimit).toBe(before);
  });
});

describe('an error that reaches a door', () => {
  it('stays the fault it is', () => {
    const raised = fault('session_unknown');
    expect(asFault(raised)).toBe(raised);
  });

  it('asks to try again where a store was away (P11)', () => {
    const error = new StorageUnavailable('no answer within 3 s');
    expect(asFault(error)).toMatchObject({ fault: 'storage_unavailable', retryAfterSeconds: 1, cause: error });
  });

  it('has a name in the log where it was a store that failed', () => {
    expect([new StorageUnavailable('x'), new SchemaTooNew('y')].map(String)).toEqual(['StorageUnavailable: x', 'SchemaTooNew: y']);
  });

  it.each([['an error', new Error('secret')], ['a text', 'secret'], ['nothing', undefined]])('is internal where it is %s, which is kept for the log', (_, error) => {
    const raised = asFault(error);
    expect(raised).toBeInstanceOf(Fault);
    expect(raised.fault).toBe('internal');
    expect(raised.cause).toBe(error);
    expect(errorJson(raised)).toBe('{"code":-32603,"message":"Internal error"}');
  });
});

describe('the error on the wire', () => {
  it('has a code, a message, and data where there is some', () => {
    expect(errorJson(fault('tool_unknown'))).toBe('{"code":-32602,"message":"Unknown tool"}');
    expect(errorJson(fault('tool_unknown', { data: null, detail: 'private' }))).toBe('{"code":-32602,"message":"Unknown tool","data":null}');
  });

  it('calls an unknown resource what its revision calls it, and nothing else', () => {
    for (const revision of revisions) {
      const code = (name: FaultName): number => JSON.parse(errorJson(fault(name), rulesOf(revision))).code;
      expect(code('resource_unknown')).toBe(revision === '2026-07-28' ? -32602 : -32002);
      expect(code('tool_unknown')).toBe(-32602);
    }
    expect(JSON.parse(errorJson(fault('resource_unknown'))).code).toBe(-32602);
  });
});
