import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { transform } from './pipeline.js';
import { transformInput, transformOutput } from './request.js';
import type { TransformResult } from './request.js';

type Given = z.input<typeof transformInput>;

async function run(given: Given, report: (percent: number, stage: string) => void = () => undefined): Promise<TransformResult> {
  return transformOutput.parse(await transform(transformInput.parse(given), report));
}

const people = 'id,name,city,age\n1,Ada,London,36\n2,Kurt,Vienna,\n3,Emmy,Erlangen,53\n4,Alan,London,41\n';

describe('a table changes its language and keeps its content (R16)', () => {
  it('turns CSV into JSON, typing whole columns and leaving gaps null', async () => {
    const { transformed, records, read } = await run({ data: people, inputFormat: 'csv', outputFormat: 'json' });
    expect({ records, read }).toEqual({ records: 4, read: 4 });
    expect(JSON.parse(transformed)).toEqual([
      { id: 1, name: 'Ada', city: 'London', age: 36 }, { id: 2, name: 'Kurt', city: 'Vienna', age: null },
      { id: 3, name: 'Emmy', city: 'Erlangen', age: 53 }, { id: 4, name: 'Alan', city: 'London', age: 41 },
    ]);
  });

  it.each(['csv', 'ndjson', 'json', 'yaml'] as const)('goes to %s and back without a loss', async (format) => {
    const away = await run({ data: people, inputFormat: 'csv', outputFormat: format });
    const back = await run({ data: away.transformed, inputFormat: format, outputFormat: 'csv' });
    expect(back.transformed).toBe(people);
  });

  it('answers in the language of the question unless told otherwise', async () => {
    const { transformed, format } = await run({ data: '{"a":1}\n\n{"a":2}', inputFormat: 'ndjson' });
    expect({ transformed, format }).toEqual({ transformed: '{"a":1}\n{"a":2}\n', format: 'ndjson' });
  });

  it('reads other delimiters, a byte order mark, quotes and letters outside the basic plane', async () => {
    const data = `\uFEFFa;b\r\n"x;""y""";"two\nlines"\r\n${'😀'.repeat(40_000)};z\r\n`;
    const { transformed } = await run({ data, inputFormat: 'csv', outputFormat: 'json', delimiter: ';' });
    expect(JSON.parse(transformed)).toEqual([{ a: 'x;"y"', b: 'two\nlines' }, { a: '😀'.repeat(40_000), b: 'z' }]);
  });

  it('leaves what looks like a spreadsheet formula as it is', async () => {
    const data = 'a,b\n=SUM(A1:A2),@x\n+1,-2+3\n';
    expect((await run({ data, inputFormat: 'csv' })).transformed).toBe(data);
  });

  it('reads several YAML documents as rows, and a single object as one', async () => {
    expect((await run({ data: 'a: 1\n---\na: 2\n', inputFormat: 'yaml' })).records).toBe(2);
    expect((await run({ data: '{"a":1}' })).records).toBe(1);
  });

  it('keeps a heading without rows', async () => {
    expect((await run({ data: 'a,b\n', inputFormat: 'csv' })).transformed).toBe('a,b\n');
    expect((await run({ data: 'a,b\n', inputFormat: 'csv', outputFormat: 'yaml' })).transformed).toBe('[]\n');
  });
});

describe('numbers keep their digits', () => {
  const long = '12345678901234567890';

  it('leaves padded and long ids of CSV as text, the whole column', async () => {
    const { transformed, schema } = await run({
      data: `zip,id,price\n00123,${long},19.90\n12345,7,1\n`, inputFormat: 'csv', outputFormat: 'ndjson' });
    expect(transformed).toBe(`{"zip":"00123","id":"${long}","price":19.9}\n{"zip":"12345","id":"7","price":1}\n`);
    expect(schema.map(({ types }) => types)).toEqual([['string'], ['string'], ['number']]);
  });

  it('leaves every cell as written where types are text', async () => {
    const data = 'price,on\n19.90,true\n';
    expect((await run({ data, inputFormat: 'csv', types: 'text' })).transformed).toBe(data);
  });

  it.each([
    ['json', `[{"id":${long}}]`], ['ndjson', `{"id":${long}}`], ['yaml', `- id: ${long}\n`],
  ] as const)('turns a number of %s that a double cannot hold into its own text', async (inputFormat, data) => {
    const { transformed } = await run({ data, inputFormat, outputFormat: 'ndjson' });
    expect(transformed).toBe(`{"id":"${long}"}\n`);
  });

  it('keeps the zeros of a padded number in YAML', async () => {
    const { transformed } = await run({ data: 'zip: 00123\nage: 7\nhalf: 0.5\nhex: 0x1F\n', inputFormat: 'yaml', outputFormat: 'ndjson' });
    expect(transformed).toBe('{"zip":"00123","age":7,"half":0.5,"hex":31}\n');
  });
});

describe('stages follow one another', () => {
  it('selects, filters, maps, sorts and limits', async () => {
    const { transformed } = await run({
      data: people, inputFormat: 'csv', outputFormat: 'ndjson',
      stages: [
        { op: 'filter', expression: '$exists(age) and age != null and age > 36' },
        { op: 'map', expression: '{ "who": $uppercase(name), "age": age }' },
        { op: 'sort', by: [{ column: 'age', descending: true }] },
        { op: 'limit', count: 1 },
        { op: 'select', columns: ['age', 'who'] },
      ],
    });
    expect(transformed).toBe('{"age":53,"who":"EMMY"}\n');
  });

  it('groups and counts, passing over gaps', async () => {
    const { transformed } = await run({
      data: people, inputFormat: 'csv', outputFormat: 'ndjson',
      stages: [{ op: 'aggregate', by: ['city'], values: [
        { fn: 'count' }, { fn: 'count', column: 'age' }, { fn: 'avg', column: 'age' }, { fn: 'max', column: 'name', as: 'last' },
      ] }],
    });
    expect(transformed.trim().split('\n').map((line): unknown => JSON.parse(line))).toEqual([
      { city: 'London', count: 2, count_age: 2, avg_age: 38.5, last: 'Alan' },
      { city: 'Vienna', count: 1, count_age: 0, avg_age: null, last: 'Kurt' },
      { city: 'Erlangen', count: 1, count_age: 1, avg_age: 53, last: 'Emmy' },
    ]);
  });

  it('adds ten times a tenth to exactly one', async () => {
    const data = JSON.stringify(Array.from({ length: 10 }, () => ({ x: 0.1 })));
    const { transformed } = await run({ data, outputFormat: 'ndjson', stages: [{ op: 'aggregate', values: [{ fn: 'sum', column: 'x' }] }] });
    expect(transformed).toBe('{"sum_x":1}\n');
  });

  it('reduces all rows with one expression', async () => {
    const { transformed } = await run({ data: '[{"a":1},{"a":2}]', outputFormat: 'ndjson', stages: [{ op: 'reduce', expression: '$sum(a)' }] });
    expect(transformed).toBe('{"value":3}\n');
  });

  it('makes several rows of one, each with the number it came from', async () => {
    const { transformed } = await run({ data: '[{"a":[1,2]},{"a":[3]}]', outputFormat: 'csv', stages: [{ op: 'map', expression: 'a.{ "x": $ }' }] });
    expect(transformed).toBe('x\n1\n2\n3\n');
  });

  it('sorts nulls last both ways and keeps the order of equals', async () => {
    const data = '[{"k":null,"n":1},{"k":2,"n":2},{"k":"b","n":3},{"k":1,"n":4},{"k":2,"n":5}]';
    const order = async (descending: boolean): Promise<number[]> => {
      const { transformed } = await run({ data, outputFormat: 'csv', stages: [{ op: 'sort', by: [{ column: 'k', descending }] }, { op: 'select', columns: ['n'] }] });
      return transformed.trim().split('\n').slice(1).map(Number);
    };
    expect([await order(false), await order(true)]).toEqual([[4, 2, 5, 3, 1], [3, 2, 5, 4, 1]]);
  });
});

describe('the columns are described', () => {
  it('names types, gaps, the number of values and a few examples', async () => {
    const { schema } = await run({ data: '[{"a":1,"b":"x"},{"a":1.5,"b":null},{"a":2,"c":[1]}]' });
    expect(schema).toEqual([
      { name: 'a', types: ['number'], nullable: false, values: 3, examples: ['1', '1.5', '2'] },
      { name: 'b', types: ['string'], nullable: true, values: 1, examples: ['x'] },
      { name: 'c', types: ['array'], nullable: true, values: 1, examples: ['[1]'] },
    ]);
  });
});

describe('a bad row is named by its number', () => {
  const ragged = 'a,b\n1,2\n3\n4,5\n';
  const lines = '{"a":1}\n{"a":\n7\n{"a":2}';

  it('ends the call by default', async () => {
    await expect(run({ data: ragged, inputFormat: 'csv' })).rejects.toThrow('row 2: 1 cells where the heading has 2 (loading)');
    await expect(run({ data: lines, inputFormat: 'ndjson' })).rejects.toThrow(/^row 2: /);
    await expect(run({ data: 'a\n"x" y\n', inputFormat: 'csv' })).rejects.toThrow(/^row 1: Invalid Closing Quote/);
    await expect(run({ data: 'a\n1\n"x', inputFormat: 'csv' })).rejects.toThrow(/^row 2: Quote Not Closed/);
    await expect(run({ data: '[{"a":1},{"a":"x"}]', stages: [{ op: 'filter', expression: 'a > 0' }] })).rejects.toThrow(/^row 2: .*\(filter\)$/);
    await expect(run({ data: '[{"a":1},{"a":"x"}]', stages: [{ op: 'aggregate', values: [{ fn: 'sum', column: 'a' }] }] }))
      .rejects.toThrow('row 2: sum needs numbers; column "a" has "x" (aggregate)');
    await expect(run({ data: '[{"a":1}]', stages: [{ op: 'map', expression: 'b' }] })).rejects.toThrow('row 1: the map gave nothing, not an object (map)');
  });

  it('is left out and reported where rows may be skipped', async () => {
    const csv = await run({ data: ragged, inputFormat: 'csv', onError: 'skip' });
    expect(csv.transformed).toBe('a,b\n1,2\n4,5\n');
    expect(csv.rejected).toEqual({ count: 1, rows: [{ row: 2, stage: 'loading', reason: '1 cells where the heading has 2' }] });
    const ndjson = await run({ data: lines, inputFormat: 'ndjson', onError: 'skip', stages: [{ op: 'filter', expression: 'a > 1' }] });
    expect([ndjson.records, ndjson.read, ndjson.rejected.rows.map(({ row }) => row)]).toEqual([1, 2, [2, 3]]);
  });

  it('ends the call over a broken quote even then, because no later row could be trusted', async () => {
    await expect(run({ data: 'a,b\n1,2\n"x" y,3\n4,5\n', inputFormat: 'csv', onError: 'skip' })).rejects.toThrow(/^row 2: Invalid Closing Quote/);
  });

  it('is only counted once twenty have been named', async () => {
    const { rejected } = await run({ data: '1\n'.repeat(500), inputFormat: 'ndjson', onError: 'skip' });
    expect([rejected.count, rejected.rows.length]).toEqual([500, 20]);
  });
});

describe('a mistake in the request is explained', () => {
  it.each([
    ['a column nobody has', { data: '[{"a":1}]', stages: [{ op: 'select', columns: ['b'] }] }, 'there is no column "b" (select); there are: a'],
    ['an expression that does not parse', { data: '[{}]', stages: [{ op: 'filter', expression: 'a >' }] }, /not valid JSONata.*at character \d+ \(filter\)/],
    ['a column twice in the heading', { data: 'a,a\n', inputFormat: 'csv' }, 'the heading names column "a" twice'],
    ['a column without a name', { data: 'a,\n', inputFormat: 'csv' }, 'column 2 has no name'],
    ['broken JSON', { data: '[{"a":1}' }, /^the input is not valid JSON: /],
    ['broken YAML', { data: 'a: [1', inputFormat: 'yaml' }, /^the input is not valid YAML: /],
    ['two results of one name', { data: '[{"a":1}]', stages: [{ op: 'aggregate', values: [{ fn: 'count' }, { fn: 'count' }] }] }, 'two columns would be called "count"'],
  ] satisfies [string, Given, string | RegExp][])('%s', async (_what, given, message) => {
    await expect(run(given)).rejects.toThrow(message);
  });

  it('refuses blank data with a message of its own (R206, R207)', () => {
    expect(transformInput.safeParse({ data: ' \n' }).error?.issues[0]?.message).toBe('data must not be blank');
  });
});

describe('nothing a caller writes gets out of bounds', () => {
  it('treats __proto__ and constructor as columns like any other', async () => {
    const data = '[{"__proto__":{"polluted":1},"constructor":2}]';
    const { transformed } = await run({ data, outputFormat: 'ndjson', stages: [{ op: 'filter', expression: '$exists(constructor)' }] });
    expect(transformed).toBe('{"__proto__":{"polluted":1},"constructor":2}\n');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    const csv = await run({ data: '__proto__,toString\n1,2\n', inputFormat: 'csv', outputFormat: 'ndjson' });
    expect(csv.transformed).toBe('{"__proto__":1,"toString":2}\n');
  });

  it.each([
    ['recursion', '($f := function($n) { 1 + $f($n) }; $f(1))', 'Stack overflow'],
    ['a list of millions', '[1..9999999]', 'sequence length'],
    ['a function in place of data', '{"f": $sum}.f', 'gave a function, not an object'],
  ])('ends %s', async (_what, expression, message) => {
    await expect(run({ data: '{"a":1}', stages: [{ op: 'map', expression }] })).rejects.toThrow(message);
  });

  it('ends an endless loop after a second, even where rows may be skipped', async () => {
    const expression = '($f := function() { $f() }; $f())';
    await expect(run({ data: '[{},{}]', onError: 'skip', stages: [{ op: 'filter', expression }] }))
      .rejects.toThrow('the expression ran longer than 1000 ms (filter)');
  });

  it('ends a value that nests without end and a YAML bomb', async () => {
    await expect(run({ data: `{"a":${'['.repeat(100)}${']'.repeat(100)}}` })).rejects.toThrow('row 1: a value nests deeper than 64 levels');
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map((name, at) =>
      `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[at]}`).join(',')}]`)].join('\n');
    await expect(run({ data: bomb, inputFormat: 'yaml' })).rejects.toThrow(/not valid YAML: .*alias/i);
  });
});

describe('progress tells the stage and only grows (R16)', () => {
  it('ends loading at 25 percent and everything at 100', async () => {
    const told: [number, string][] = [];
    await run({ data: people, inputFormat: 'csv', stages: [{ op: 'filter', expression: 'true' }, { op: 'limit', count: 2 }] }, (...step) => told.push(step));
    const percents = told.map(([percent]) => percent);
    expect(percents).toEqual([...new Set(percents)].toSorted((one, other) => one - other));
    expect(told).toContainEqual([25, 'loading']);
    expect([...new Set(told.map(([, stage]) => stage))]).toEqual(['loading', 'filter', 'limit', 'writing']);
    expect(told.at(-1)).toEqual([100, 'writing']);
  });
});
