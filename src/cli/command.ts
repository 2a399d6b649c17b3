/** What a command is: its words, what it takes, and what it does. */
import type { INestApplicationContext } from '@nestjs/common';

/** The words and options a person gave. */
export interface Given {
  words: readonly string[];
  /** The text of an option; undefined where it was not given. */
  option(name: string): string | undefined;
  /** Items between commas; undefined where the option was not given. */
  list(name: string): string[] | undefined;
}

/** What a command has to say: one thing or several, and a sentence for people. */
export interface Outcome {
  /** For machines, whole. */
  value: unknown;
  /** For people: rows of a table, the first row being its head. */
  table?: readonly (readonly string[])[];
  /** For people, below the table. */
  say?: string;
  /** For people, beside what the command gives: what they may not have meant. */
  remark?: string;
}

/** One command. */
export interface Command {
  /** Such as `keys create`. */
  name: string;
  /** Such as `<id> [--overlap 24h]`. */
  takes: string;
  about: string;
  options: readonly string[];
  run(given: Given, app: INestApplicationContext): Promise<Outcome>;
}

/** The command was not understood or could not be obeyed; the message is for people. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
}

/** The word at a place. Throws {@link CommandFault} that names what is missing. */
export function wordAt({ words }: Given, place: number, what: string): string {
  const word = words[place];
  if (word === undefined) throw new CommandFault(`${what} is missing`);
  return word;
}

/** The value. Throws {@link CommandFault} where there is none. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new CommandFault(`${what} is not known`);
  return value;
}

/** A time for people. */
export function timeText(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : new Date(milliseconds).toISOString().replace(/:\d\d\.\d+Z$/, 'Z').replace('T', ' ');
}
