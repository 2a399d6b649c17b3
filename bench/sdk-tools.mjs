/** The tools as both official SDKs register them; they differ in how a handler sends a notification. */
import { z } from 'zod';
import { about, echoed, fillers, schemasWith, STEPS, toolCount, workTools } from './tools.mjs';

const schemas = schemasWith(z);
const text = (value) => ({ content: [{ type: 'text', text: value }] });

/**
 * Registers them on a server.
 *
 * @param notifyWith how a handler's context sends a notification: a function of the context and the notification.
 * @param announce called by the tool of that name.
 */
export function registerTools(server, { notifyWith, tokenOf, announce }) {
  const offers = {
    echo: () => server.registerTool('echo', { ...about.echo, inputSchema: schemas.echoInput, outputSchema: schemas.echoOutput }, ({ message }) => {
      const structuredContent = echoed(message);
      return { ...text(JSON.stringify(structuredContent)), structuredContent };
    }),
    repeat: () => server.registerTool('repeat', { ...about.repeat, inputSchema: schemas.repeatInput }, (given) => text(given.text)),
    count: () => server.registerTool('count', about.count, async (context) => {
      const progressToken = tokenOf(context);
      for (let progress = 1; progress <= STEPS; progress++) {
        await notifyWith(context, { method: 'notifications/progress', params: { progressToken, progress, total: STEPS } });
      }
      return text('counted');
    }),
    announce: () => server.registerTool('announce', about.announce, () => {
      announce();
      return text('announced');
    }),
  };
  for (const name of workTools(toolCount)) offers[name]();
  for (const { name, ...filler } of fillers(toolCount)) server.registerTool(name, { ...filler, inputSchema: schemas.fillerInput }, () => text(''));
}
