/** A conversation of the revisions up to 2025-11-25: what `initialize` said, and who owns it. A record, not an object. */
import { isObject, objectAt, stringAt } from '../protocol/json.js';
import type { JsonObject } from '../protocol/message.js';
import type { Revision } from '../protocol/revision.js';
import type { ClientCapabilities, Implementation, LoggingLevel } from '../protocol/wire.js';
import type { Caller } from '../protocol/caller.js';

/** The wire a session lives on; a session id is worth nothing on another one. */
export type SessionWire = 'streamable-http' | 'sse' | 'stdio';

/** Times are in milliseconds since the epoch. */
export interface Session {
  readonly id: string;
  readonly wire: SessionWire;
  /** As last proven: the person is always the same, the rights may have changed. */
  owner: Caller;
  revision: Revision;
  clientInfo: Implementation | undefined;
  clientCapabilities: ClientCapabilities;
  readonly createdAt: number;
  lastActivityAt: number;
  logLevel: LoggingLevel;
  /** URIs of `resources/subscribe`. */
  subscriptions: readonly string[];
}

/** The members of `initialize` that a session keeps; whatever is malformed counts as absent (contract line 10). */
export function clientOf(params: JsonObject): Pick<Session, 'clientInfo' | 'clientCapabilities'> {
  return { clientInfo: implementationOf(objectAt(params, 'clientInfo')), clientCapabilities: capabilitiesOf(objectAt(params, 'capabilities')) };
}

/** The client's name for itself; undefined when it is not one. */
export function implementationOf(value: JsonObject | undefined): Implementation | undefined {
  if (!value) return undefined;
  const [name, version] = [stringAt(value, 'name'), stringAt(value, 'version')];
  if (name === undefined || version === undefined) return undefined;
  const title = stringAt(value, 'title');
  return { name, version, ...(title === undefined ? {} : { title }) };
}

/** The declared capabilities, each an object as the schema says; others are left out. */
export function capabilitiesOf(value: JsonObject | undefined): ClientCapabilities {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, capability]) => isObject(capability)));
}
