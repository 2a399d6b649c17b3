/** The tools every measured server offers alike: the same names, schemas and results, so that only the serving differs. */

/** How many notifications one call of `count` sends. */
export const STEPS = 1000;

/** What the small calls send and expect back. */
export const MESSAGE = 'The quick brown fox jumps over the lazy dog';

/** Title and description of the tools that do something. */
export const about = {
  echo: { title: 'Echo', description: 'Sends a message back.' },
  repeat: { title: 'Repeat', description: 'Sends a text back.' },
  count: { title: 'Count', description: 'Reports progress many times.' },
  announce: { title: 'Announce', description: 'Tells every open stream that the list of tools has changed.' },
};

/** The schemas of the tools, built with the caller's own zod, 3 or 4. */
export function schemasWith(z) {
  return {
    echoInput: z.object({ message: z.string().min(1, 'message must not be empty').describe('The text to send back.') }),
    echoOutput: z.object({
      echo: z.string().describe('The message, unchanged.'),
      timestamp: (z.iso ?? z.string()).datetime().describe('When the server answered, in UTC.'),
      transport: z.string().describe('The door the call came through: streamable-http, sse or stdio.'),
    }),
    repeatInput: z.object({ text: z.string().describe('The text to send back.') }),
    fillerInput: z.object({
      project: z.string().describe('The project to look into.'),
      query: z.string().min(1).max(200).describe('What to look for.'),
      state: z.enum(['open', 'closed', 'all']).default('open').describe('Which entries count.'),
      limit: z.number().int().min(1).max(100).default(20).describe('How many entries to return.'),
    }),
  };
}

/** What `echo` yields, for the servers that do not bring it themselves. */
export function echoed(message) {
  return { echo: message, timestamp: new Date().toISOString(), transport: 'streamable-http' };
}

/** The names of the tools that do something on a server with so many in all. */
export function workTools(total) {
  return Object.keys(about).slice(0, total < 4 ? 1 : 4);
}

/** Name, title and description of the tools that only fill the list, so that there are so many in all. */
export function fillers(total) {
  return Array.from({ length: total - workTools(total).length }, (_, number) => ({
    name: `search_tracker_${String(number).padStart(3, '0')}`,
    title: `Search tracker ${number}`,
    description: `Looks for entries of tracker ${number} by text and state, newest first.`,
  }));
}

/** How many tools this process is asked to offer. */
export const toolCount = Number(process.env.TOOLS ?? 4);
