/** The peer made of `@modelcontextprotocol/sdk` 1.32, which knows every revision with sessions. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema, CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { CallToolResultSchema as AnyCallToolResultSchema } from '@modelcontextprotocol/core';
import { Inbox } from './mcp-deadline.js';
import { capabilitiesFor, type Answers, type Notice, type Peer } from './mcp-peer.js';

/** Connects; the client always asks for its newest revision, 2025-11-25. */
export async function connectV1(transport: Transport, answers: Answers): Promise<Peer> {
  const client = new Client({ name: 'sdk-1.32', version: '1.32.2' }, { capabilities: capabilitiesFor(answers) });
  const notices = new Inbox<Notice>();
  const complaints = new Inbox<Error>();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the packages have no other way
  client.onerror = (error) => complaints.put(error);
  client.fallbackNotificationHandler = async ({ method, params }) => notices.put({ method, params: params ?? {} });
  answerWith(client, answers);
  const negotiated = watchRevision(transport);
  await client.connect(transport);
  return {
    verbs: client, notices, complaints,
    get revision() {
      return negotiated();
    },
    serverName: client.getServerVersion()?.name,
    call: async (name, args = {}, { meta, ...options } = {}) => AnyCallToolResultSchema.parse(
      await client.callTool({ name, arguments: args, ...(meta ? { _meta: meta } : {}) }, CallToolResultSchema, options)),
    listTools: async () => {
      const { tools, nextCursor } = await client.listTools();
      for (let cursor = nextCursor; cursor !== undefined;) {
        const page = await client.listTools({ cursor });
        tools.push(...page.tools);
        cursor = page.nextCursor;
      }
      return tools;
    },
    listToolsPage: (cursor) => client.listTools(cursor === undefined ? {} : { cursor }),
    close: () => client.close(),
  };
}

function answerWith(client: Client, { elicit, sample, roots }: Answers): void {
  if (elicit) client.setRequestHandler(ElicitRequestSchema, async ({ params }) => ({ ...await elicit(params) }));
  if (sample) client.setRequestHandler(CreateMessageRequestSchema, async ({ params }) => ({ ...await sample(params) }));
  if (roots) client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: roots() }));
}

// The client tells its transport the negotiated revision, and nobody else.
function watchRevision(transport: Transport): () => string {
  let revision = '';
  const tell = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    revision = version;
    tell?.(version);
  };
  return () => revision;
}
