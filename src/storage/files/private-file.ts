/** Directories and files that only the user of the server may read. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Makes a directory (0700) where there is none; one that exists stays as it is. */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/** Makes an empty file (0600) where there is none; one that exists stays as it is. */
export function makePrivateFile(file: string): void {
  makePrivateDirectory(dirname(file));
  closeSync(openSync(file, 'a', 0o600));
}

/** The text of a file; where there is none, it is made with `text`. Processes that race all get the same text. */
export function readOrCreate(file: string, text: () => string): string {
  return read(file) ?? (publish(file, text()), readFileSync(file, 'utf8'));
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A link appears whole or not at all, and never over another: nobody reads half a text, nobody replaces one in use. */
function publish(file: string, text: string): void {
  makePrivateDirectory(dirname(file));
  const draft = join(dirname(file), `.${randomBytes(9).toString('hex')}.draft`);
  try {
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    linkSync(draft, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
