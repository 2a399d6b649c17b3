/** What the built server tells whoever starts it: the first person's password once, and that keys for everybody are for trying things out. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CookieBrowser } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/http-process.js';

// As the log spells it.
const WARN = 40;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-first-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** One life of the server over the same data: what it printed, and what happened meanwhile. */
async function life(env: Record<string, string> = {}, meanwhile: (url: string, output: string) => Promise<void> = async () => {}): Promise<{ output: string; errors: string }> {
  const server = await ServerProcess.start({ GATEHOUSE_AUTH_MODE: 'embedded', GATEHOUSE_DATA_DIR: directory, PORT: String(await freePort()), LOG_LEVEL: 'trace', ...env });
  try {
    await meanwhile(server.url, server.output);
    server.signal('SIGTERM');
    await server.exit();
    return { output: server.output, errors: server.errors };
  } finally {
    await server.kill();
  }
}

const passwordIn = (output: string): string => /shown this once: +admin +(\S{8,})/.exec(output)?.[1] ?? '';
const kept = (): string => readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n');

describe('the first administrator', () => {
  it('is printed with a password that works, on standard output alone and never again', async () => {
    let password = '';
    const first = await life({}, async (url, output) => {
      password = passwordIn(output);
      const browser = new CookieBrowser();
      await browser.open(`${url}/account/sign-in`);
      await browser.submit({ login: 'admin', password, decision: 'sign_in' });
      expect(browser.page.text).toContain('name="repeated"');
      // The files are read while they are in use, too.
      expect(kept()).not.toContain(password);
    });
    expect(first.output.split(password)).toHaveLength(2);
    const second = await life();
    expect(passwordIn(second.output)).toBe('');
    for (const text of [second.output, first.errors, second.errors, kept()]) expect(text).not.toContain(password);
    expect(kept()).toContain('Administrator');
  });
});

describe('simple mode', () => {
  it('says in the log what it accepts and what would be better, and not the key', async () => {
    const key = 'the-same-key-for-everybody-0123456789';
    const { output, errors } = await life({ MCP_API_KEY: key });
    const lines: { event?: string }[] = errors.trim().split('\n').map((line) => JSON.parse(line));
    expect(lines.filter(({ event }) => event === 'auth.simple_mode')).toEqual([
      expect.objectContaining({ level: WARN, accepts: ['MCP_API_KEY'], roles: ['admin'], better: expect.stringContaining('gatehouse keys create') }),
    ]);
    expect(output + errors).not.toContain(key);
    expect((await life()).errors).not.toContain('auth.simple_mode');
  });
});
