/** The three small tools every new connection is tried with: `echo`, `server_time` and `greet`. */
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../protocol/clock.js';
import type { Clock as ClockPort } from '../protocol/clock.js';
import type { ToolContext } from '../tools/context.js';
import { Tool } from '../tools/decorators.js';
import { ToolError } from '../tools/tool-error.js';

/** None of the three changes anything or reaches beyond this process. */
const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const echoInput = z.object({
  message: z.string().min(1, 'message must not be empty').describe('The text to send back.'),
});
const echoOutput = z.object({
  echo: z.string().describe('The message, unchanged.'),
  timestamp: z.iso.datetime().describe('When the server answered, in UTC.'),
  transport: z.string().describe('The door the call came through: streamable-http, sse or stdio.'),
});
const timeInput = z.object({
  timezone: z.string().min(1, 'timezone must not be empty').max(64).default('UTC')
    .describe('An IANA time zone such as Europe/Berlin.'),
});
const timeOutput = z.object({
  iso: z.iso.datetime().describe('The present moment in UTC.'),
  local: z.string().describe('The same moment written out for the time zone.'),
  unix: z.int().describe('The same moment in whole seconds since 1970.'),
  timezone: z.string().describe('The time zone of `local`.'),
});
const greetInput = z.object({
  name: z.string().regex(/\S/, 'name must not be blank').describe('Whom to greet.'),
});

/** Answers from nothing but its arguments and the clock. */
@Injectable()
export class Basics {
  constructor(@Inject(Clock) private readonly clock: ClockPort) {}

  /** Sends the message back, with the time and the door it came through. */
  @Tool({
    name: 'echo', title: 'Echo', annotations, inputSchema: echoInput, outputSchema: echoOutput,
    description: 'Sends a message back, with the time of the answer and the transport that carried it.',
  })
  echo({ message }: z.output<typeof echoInput>, context: ToolContext): z.output<typeof echoOutput> {
    return { echo: message, timestamp: new Date(this.clock.now()).toISOString(), transport: context.transport };
  }

  /** Tells the time in one time zone. */
  @Tool({
    name: 'server_time', title: 'Server time', annotations, inputSchema: timeInput, outputSchema: timeOutput,
    description: 'Tells the present time of the server, in UTC and in a time zone of your choice.',
  })
  serverTime({ timezone }: z.output<typeof timeInput>): z.output<typeof timeOutput> {
    const now = this.clock.now();
    return {
      iso: new Date(now).toISOString(), local: calendar(timezone).format(now), unix: Math.floor(now / 1000), timezone,
    };
  }

  /** Greets by name. */
  @Tool({ name: 'greet', title: 'Greet', annotations, inputSchema: greetInput, description: 'Greets someone by name.' })
  greet({ name }: z.output<typeof greetInput>): string {
    return `Hello, ${name}!`;
  }
}

function calendar(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'long' });
  } catch (error) {
    throw new ToolError(`Unknown time zone "${timeZone}": give an IANA name such as Europe/Berlin.`, { cause: error });
  }
}
