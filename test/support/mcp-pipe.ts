/** A launched server spoken to line by line, for what no official client would say over stdio. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { Inbox } from './mcp-deadline.js';
import type { Launch } from './mcp-doors.js';
import { wireMessage, type WireMessage } from './mcp-wire.js';

/** A conversation over pipes. */
export interface Pipe {
  /** Every message of the server, in order. */
  messages: Inbox<WireMessage>;
  /** Every line that is no message; a good server writes none. */
  noise: string[];
  say(message: unknown): void;
  /** Says something with an id and waits for the answer. */
  ask(message: { id: string | number; [member: string]: unknown }): Promise<WireMessage>;
  /** Ends the input; resolves with the exit code. */
  end(): Promise<number | null>;
}

/** Launches a server; it is ended with the test. */
export function launchPipe({ command, args, env }: Launch): Pipe {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const messages = new Inbox<WireMessage>();
  const noise: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = wireMessage.safeParse(parsed(line));
    if (message.success) messages.put(message.data);
    else noise.push(line);
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const say = (message: unknown): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
  return {
    messages, noise, say,
    ask: (message) => {
      say(message);
      return messages.first(({ id, method }) => id === message.id && method === undefined, `the answer to ${message.id}`);
    },
    end: async () => {
      child.stdin.end();
      await exited;
      return child.exitCode;
    },
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
