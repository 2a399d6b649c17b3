import { describe, expect, it } from 'vitest';
import { settingsFrom } from '../config/load.js';
import { databaseAddress } from './database-address.js';

const read = (databaseUrl: string | undefined) => databaseAddress(settingsFrom({ databaseUrl, dataDirectory: '/srv/data' }));

describe('databaseUrl says where state is kept', () => {
  it.each([
    [undefined, '/srv/data/gatehouse.db'], ['sqlite:./a.db', './a.db'], ['sqlite:a/b.db', 'a/b.db'],
    ['sqlite:/a/b.db', '/a/b.db'], ['sqlite:///a/b.db', '/a/b.db'],
  ])('%s is the file %s', (url, file) => {
    expect(read(url)).toEqual({ kind: 'sqlite', file, label: `sqlite:${file}` });
  });

  it('sqlite::memory: keeps nothing', () => {
    expect(read('sqlite::memory:')).toEqual({ kind: 'memory', label: 'sqlite::memory:' });
  });

  it.each([
    ['postgres://db.example/gatehouse', 'postgres://db.example/gatehouse'],
    ['postgresql://root:hunter2@db.example:6432/gatehouse?sslmode=require', 'postgresql://db.example:6432/gatehouse'],
    ['postgres:///gatehouse?host=/run/postgresql&user=root&password=hunter2', 'postgres:///gatehouse'],
    ['postgres://root:hunt%2Fer2@[::1]:5432/gatehouse#hunter2', 'postgres://[::1]:5432/gatehouse'],
  ])('%s is named without who and how', (url, label) => {
    expect(read(url)).toEqual({ kind: 'postgres', url, label });
  });
});
