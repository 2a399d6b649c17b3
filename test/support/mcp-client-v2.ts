/** The peer made of `@modelcontextprotocol/client` 2.4, which knows every revision. */
import { Client, type Transport, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { Inbox } from './mcp-deadline.js';
import { capabilitiesFor, type Answers, type Notice, type Peer } from './mcp-peer.js';

/** How the client finds the revision to speak. */
export interface Negotiation {
  mode: VersionNegotiationMode;
  /** The one revision a legacy client offers; by default its newest. */
  offer?: string;
}

/** A peer with what only this package has. */
export interface ModernPeer extends Peer {
  readonly client: Client;
}

export async function connectV2(transport: Transport, answers: Answers, { mode, offer }: Negotiation): Promise<ModernPeer> {
  const client = new Client({ name: 'client-2.4', version: '2.4.0' }, {
    capabilities: capabilitiesFor(answers), versionNegotiation: { mode },
    ...(offer === undefined ? {} : { supportedProtocolVersions: [offer] }),
  });
  const notices = new Inbox<Notice>();
  const complaints = new Inbox<Error>();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the packages have no other way
  client.onerror = (error) => complaints.put(error);
  client.fallbackNotificationHandler = async ({ method, params }) => notices.put({ method, params: params ?? {} });
  answerWith(client, answers);
  await client.connect(transport);
  return {
    client, verbs: client, notices, complaints,
    revision: client.getNegotiatedProtocolVersion() ?? '',
    serverName: client.getServerVersion()?.name,
    call: (name, args = {}, { meta, ...options } = {}) => client.callTool({ name, arguments: args, ...(meta ? { _meta: meta } : {}) }, options),
    listTools: async () => (await client.listTools()).tools,
    listToolsPage: (cursor) => client.request({ method: 'tools/list', params: cursor === undefined ? {} : { cursor } }),
    close: () => client.close(),
  };
}

function answerWith(client: Client, { elicit, sample, roots }: Answers): void {
  if (elicit) client.setRequestHandler('elicitation/create', async ({ params }) => elicit(params));
  if (sample) client.setRequestHandler('sampling/createMessage', async ({ params }) => sample(params));
  if (roots) client.setRequestHandler('roots/list', () => ({ roots: roots() }));
}
