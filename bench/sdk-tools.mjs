/** What the servers of both official SDKs share: their tools, which differ in how a notification is sent, and their sessions. */
import { randomUUID } from 'node:crypto';
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

/**
 * Sessions of Streamable HTTP: a transport and a server for each.
 *
 * @param Transport the SDK's own. @param makeServer makes the server of a new session.
 */
export function keepSessions(Transport, makeServer) {
  const transports = new Map();
  const servers = new Set();
  const open = async (request) => {
    const server = makeServer();
    // The faster of its two ways to answer a plain call is the one it is measured by; progress needs the other.
    const transport = new Transport({
      sessionIdGenerator: () => randomUUID(), enableJsonResponse: !request.url.includes('stream'),
      onsessioninitialized(id) {
        transports.set(id, transport);
        servers.add(server);
      },
      onsessionclosed(id) {
        transports.delete(id);
        servers.delete(server);
      },
    });
    await server.connect(transport);
    return transport;
  };
  return {
    announce: () => servers.forEach((each) => each.sendToolListChanged()),
    /** The transport of a request, a new one where it names no session; undefined for an unknown one. */
    transportOf(request) {
      const id = request.headers['mcp-session-id'];
      return id === undefined ? open(request) : transports.get(id);
    },
  };
}
