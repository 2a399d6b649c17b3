import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { databasePlace } from '../support/stores.js';
import { startStorageProcess } from '../support/storage-processes.js';

// The other process compiles what it runs.
vi.setConfig({ testTimeout: 60_000 });

it('what SQLite acknowledged is there after kill -9, and only the owner may read the file (P3)', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-killed-'));
  const file = join(directory, 'gatehouse.db');
  try {
    const { child, said } = await startStorageProcess('write', `sqlite:${file}`);
    child.stdin?.write('go\n');
    while (said.length < 200) await new Promise((resolve) => setTimeout(resolve, 10));
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;

    const place = databasePlace(`sqlite:${file}`);
    const { oidcModels } = await place.open();
    const lost: unknown[] = [];
    for (const id of said) if (!await oidcModels.find('AuthorizationCode', String(id))) lost.push(id);
    expect(lost).toEqual([]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await place.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
