/** The tools every measured server offers alike: the same names, schemas and results, so that only the serving differs. */

/** How many notifications one call of `count` sends. */
export const STEPS = 1000;

/** What the small calls send and expect back. */
export const MESSAGE = 'The quick brown fox jumps over the lazy dog';

/** How many tools the servers of the list cases have in all. */
export const LISTED = 50;

/** The schemas of the tools, built with the caller's own zod. */
export function schemasWith(z) {
  return {
    echoInput: z.object({ message: z.string().min(1, 'message must not be empty').describe('The text to send back.') }),
    echoOutput: z.object({
      echo: z.string().describe('The message, unchanged.'),
      timestamp: z.iso.datetime().describe('When the server answered, in UTC.'),
      transport: z.string().describe('The door the call came through: streamable-http, sse or stdio.'),
    }),
    repeatInput: z.object({ text: z.string().describe('The text to send back.') }),
    fillerInput: z.object({
      project: z.string().describe('The project to look into.'),
      query: z.string().min(1).max(200).describe('What to look for.'),
      state: z.enum(['open', 'closed', 'all']).default('open').describe('Which entries count.'),
      limit: z.int().min(1).max(100).default(20).describe('How many entries to return.'),
    }),
  };
}

/** What `echo` yields, for the servers that do not bring it themselves. */
export function echoed(message) {
  return { echo: message, timestamp: new Date().toISOString(), transport: 'streamable-http' };
}

/** Name, title and description of the tool with a number, of those that only fill the list. */
export function filler(number) {
  const name = `search_tracker_${String(number).padStart(2, '0')}`;
  return { name, title: `Search tracker ${number}`, description: `Looks for entries of tracker ${number} by text and state, newest first.` };
}
