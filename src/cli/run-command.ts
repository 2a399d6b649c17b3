/**
 * Understands a command line, opens what the command needs, and says what came of it. Exit codes: 0 done, 1 failed,
 * 2 not understood or unusable settings.
 */
import 'reflect-metadata';
import type { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OperatorModule } from '../auth/operator.module.js';
import { ConfigModule } from '../config/config.module.js';
import { loadSettings, SettingsError } from '../config/load.js';
import { Settings } from '../config/settings.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { clientCommands } from './clients.js';
import { CommandFault, type Command, type Given, type Outcome } from './command.js';
import { keyCommands } from './keys.js';
import { userCommands } from './users.js';

const commands: readonly Command[] = [...keyCommands, ...clientCommands, ...userCommands];

@Module({})
class CommandModule {
  static forRoot(settings: Settings): DynamicModule {
    return { module: CommandModule, imports: [ConfigModule.forRoot(settings), ObservabilityModule, StorageModule, OperatorModule] };
  }
}

/** Runs one command and gives the exit code. Settings come from where the server takes them, unless they are given. */
export async function runCommand(words: readonly string[], output: Writable, errors: Writable, settings?: Settings): Promise<number> {
  const command = commands.find(({ name }) => name === words.slice(0, 2).join(' '));
  if (!command || words.includes('--help')) {
    const wanted = words.length === 0 || words.includes('--help');
    (wanted ? output : errors).write(usage(words.length > 0 && !wanted ? `There is no command ${JSON.stringify(words.slice(0, 2).join(' '))}.\n\n` : ''));
    return wanted ? 0 : 2;
  }
  try {
    const { given, json } = understand(words.slice(2), command);
    const outcome = await withContext(settings ?? loadSettings(), (app) => command.run(given, app));
    output.write(json ? `${JSON.stringify(outcome.value, undefined, 2)}\n` : readable(outcome));
    return 0;
  } catch (error) {
    errors.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof SettingsError || error instanceof CommandFault ? 2 : 1;
  }
}

async function withContext<T>(settings: Settings, act: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  // What is logged belongs to servers; a person reads the outcome, a program reads it too.
  const quiet = new Settings({ ...settings, logLevel: 'error' });
  const app = await NestFactory.createApplicationContext(CommandModule.forRoot(quiet), { logger: false, abortOnError: false });
  try {
    return await act(app);
  } finally {
    await app.close();
  }
}

function understand(words: readonly string[], command: Command): { given: Given; json: boolean } {
  const { values, positionals } = parsed(words, command);
  const option = (name: string): string | undefined => {
    const value: unknown = Reflect.get(values, name);
    return typeof value === 'string' ? value : undefined;
  };
  const list = (name: string): string[] | undefined => option(name)?.split(',').map((item) => item.trim()).filter((item) => item !== '');
  return { given: { words: positionals, option, list }, json: Reflect.get(values, 'json') === true };
}

function parsed(args: readonly string[], { name, takes, options }: Command): { values: object; positionals: string[] } {
  const known = Object.fromEntries(options.map((option) => [option, { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...args], options: { ...known, json: { type: 'boolean' } }, allowPositionals: true });
  } catch (error) {
    // The advice of the parser ends with a guess at what was meant; what the command takes says it better.
    const [fault = ''] = String(error instanceof Error ? error.message : error).split('. ');
    throw new CommandFault(`${fault}.\n\n  gatehouse ${name} ${takes}`.trimEnd());
  }
}

function readable({ table, say, remark }: Outcome): string {
  return [table && tableText(table), say, remark].filter((part) => part !== undefined).join('\n\n') + '\n';
}

function tableText(rows: readonly (readonly string[])[]): string {
  // A name may hold anything; a terminal shall not obey it.
  const cells = rows.map((row) => row.map((cell) => cell.replace(/[\p{Cc}\p{Cf}]/gu, '?')));
  const widths = (cells[0] ?? []).map((_head, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

function usage(before: string): string {
  const lines = commands.map(({ name, takes, about }) => `  gatehouse ${name} ${takes}`.trimEnd() + `\n      ${about}`);
  return `${before}Commands, each with --json for machines:\n\n${lines.join('\n')}\n`;
}
