/** Checks what every request of revision 2026-07-28 carries about itself, in its headers and in its `_meta`. */
import type { IncomingHttpHeaders } from 'node:http';
import { fault } from '../protocol/faults.js';
import { isObject } from '../protocol/json.js';
import type { JsonObject, Message, Request } from '../protocol/message.js';
import { metaKeys } from '../protocol/meta-keys.js';
import { isRevision, rulesOf, supportedRevisions, type RevisionRules } from '../protocol/revision.js';
import type { LoggingLevel } from '../protocol/wire.js';
import { capabilitiesOf, implementationOf } from '../sessions/session.js';
import type { ClientView } from '../tools/context.js';
import { isLoggingLevel } from '../tools/logging-level.js';
import { metaOf } from './dialog.js';

/** What a request says about itself. */
export interface RequestEnvelope {
  rules: RevisionRules;
  client: ClientView;
  logLevel: LoggingLevel | undefined;
}

/**
 * True for a message of a revision that sends its circumstances with each request: its header names such a revision
 * or one nobody knows, or its `_meta` names any.
 */
export function speaksPerRequest(message: Message, headers: IncomingHttpHeaders): boolean {
  const header = headers['mcp-protocol-version'];
  if (namesRequestEra(headers)) return true;
  if (typeof header === 'string') {
    // With a session the body has nothing to say about it; without one a body that does is judged by it.
    if (isRevision(header) && headers['mcp-session-id'] !== undefined) return false;
    // A session's own header is judged by the session; without one an unknown revision is a future one.
    if (!isRevision(header) && headers['mcp-session-id'] === undefined && !(message.kind === 'request' && message.method === 'initialize')) return true;
  }
  return message.kind !== 'response' && metaOf(message)[metaKeys.protocolVersion] !== undefined;
}

/** True when the header names a revision without sessions. */
export function namesRequestEra(headers: IncomingHttpHeaders): boolean {
  const header = headers['mcp-protocol-version'];
  return isRevision(header) && rulesOf(header).era === 'request';
}

/**
 * Reads the circumstances of a request. Throws `meta_malformed`, `header_mismatch` or `revision_unsupported`.
 *
 * @param header the value of `MCP-Protocol-Version`; null where the wire has no headers.
 */
export function readEnvelope(request: Request, header: string | undefined | null): RequestEnvelope {
  const meta = metaOf(request);
  const version = meta[metaKeys.protocolVersion];
  if (typeof version !== 'string') throw fault('meta_malformed', { say: `_meta["${metaKeys.protocolVersion}"] is required` });
  if (header !== null && header !== version) {
    throw fault('header_mismatch', { say: header === undefined ? 'MCP-Protocol-Version is required' : 'MCP-Protocol-Version does not match the body' });
  }
  if (!isRevision(version) || rulesOf(version).era !== 'request') {
    throw fault('revision_unsupported', { data: { supported: supportedRevisions, requested: version } });
  }
  return { rules: rulesOf(version), client: clientOf(meta), logLevel: logLevelOf(meta) };
}

function clientOf(meta: JsonObject): ClientView {
  const capabilities = meta[metaKeys.clientCapabilities];
  if (!isObject(capabilities)) throw fault('meta_malformed', { say: `_meta["${metaKeys.clientCapabilities}"] is required` });
  const info = meta[metaKeys.clientInfo];
  if (info === undefined) return { info: undefined, capabilities: capabilitiesOf(capabilities) };
  const known = isObject(info) ? implementationOf(info) : undefined;
  if (!known) throw fault('meta_malformed', { say: `_meta["${metaKeys.clientInfo}"] must have a name and a version` });
  return { info: known, capabilities: capabilitiesOf(capabilities) };
}

function logLevelOf(meta: JsonObject): LoggingLevel | undefined {
  const level = meta[metaKeys.logLevel];
  if (level === undefined) return undefined;
  if (!isLoggingLevel(level)) throw fault('meta_malformed', { say: `_meta["${metaKeys.logLevel}"] must be a log level` });
  return level;
}
