/** JSON text of the messages a door sends. */
import { errorJson, type Fault } from '../protocol/faults.js';
import type { JsonObject, OutboundFinal, RequestId } from '../protocol/message.js';
import type { RevisionRules } from '../protocol/revision.js';

/** The answer to a request; `idText` is the id as the caller wrote it. */
export function encodeFinal(idText: string, final: OutboundFinal, rules?: RevisionRules): string {
  return final.kind === 'result'
    ? `{"jsonrpc":"2.0","id":${idText},"result":${final.json}}`
    : encodeFault(final.fault, idText, rules);
}

/** An error response; without an id where none could be read (base protocol, "Error Responses"). */
export function encodeFault(raised: Fault, idText?: string, rules?: RevisionRules): string {
  const id = idText === undefined ? '' : `"id":${idText},`;
  return `{"jsonrpc":"2.0",${id}"error":${errorJson(raised, rules)}}`;
}

/** A notification; its params are left out when empty. */
export function encodeNotification(method: string, params: JsonObject): string {
  return Object.keys(params).length === 0 ? JSON.stringify({ jsonrpc: '2.0', method }) : JSON.stringify({ jsonrpc: '2.0', method, params });
}

/** A request of the server to the client. */
export function encodeQuestion(id: RequestId, method: string, params: JsonObject): string {
  return Object.keys(params).length === 0 ? JSON.stringify({ jsonrpc: '2.0', id, method }) : JSON.stringify({ jsonrpc: '2.0', id, method, params });
}
