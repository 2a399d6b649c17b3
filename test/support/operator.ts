/** The operator at the command line, beside a running server. */
import { Writable } from 'node:stream';
import { runCommand } from '../../src/cli/run-command.js';
import { settingsFrom } from '../../src/config/load.js';

/** What a command left behind. */
export interface Printed {
  code: number;
  text: string;
  errors: string;
}

/** Runs `gatehouse` with these words over the database of these settings. */
export async function operate(settings: Parameters<typeof settingsFrom>[0], ...words: string[]): Promise<Printed> {
  const [output, errors] = [collector(), collector()];
  const code = await runCommand(words, output, errors, settingsFrom(settings));
  return { code, text: output.text, errors: errors.text };
}

function collector(): Writable & { text: string } {
  const sink = new Writable({ write: (chunk, _encoding, done) => {
    collected.text += String(chunk);
    done();
  } });
  const collected = Object.assign(sink, { text: '' });
  return collected;
}
