/** The messages that cross a door, after decoding and before encoding (JSON-RPC 2.0 as MCP narrows it). */
import type { Fault } from './faults.js';

/** Any value JSON can carry. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
/** A JSON object as `JSON.parse` returns it. */
export interface JsonObject {
  [name: string]: JsonValue;
}

/** A request id: MCP forbids `null` and fractions (base protocol, "Requests"). */
export type RequestId = string | number;

/** A call that wants exactly one answer. */
export interface Request {
  kind: 'request';
  id: RequestId;
  /** The id exactly as the caller wrote it, ready to be spliced into the answer byte for byte. */
  idText: string;
  method: string;
  params: JsonObject;
}

/** A one-way message. */
export interface Notification {
  kind: 'notification';
  method: string;
  params: JsonObject;
}

/** The peer's answer to a question the server asked. */
export interface Response {
  kind: 'response';
  id: RequestId;
  /** Exactly one of `result` and `error` is present. */
  result?: JsonObject;
  error?: { code: number; message: string };
}

export type Message = Request | Notification | Response;

/** What one body holds: a message, or the batch that revision 2025-03-26 alone allows. */
export type Body = Message | { kind: 'batch'; messages: Message[] };

/** The peer's answer to a question, as the asking code receives it. */
export type Reply = { result: JsonObject } | { error: { code: number; message: string } };

/** A one-way message to the peer. */
export interface OutboundNotification {
  kind: 'notification';
  method: string;
  params: JsonObject;
}

/** A server-to-client request (elicitation, sampling, roots); `settle` resumes the call that waits for it. */
export interface OutboundQuestion {
  kind: 'question';
  method: string;
  params: JsonObject;
  /** Called at most once with the peer's reply; later calls are ignored. */
  settle(reply: Reply): void;
}

/** The call asks its transport to drop the stream for now; the peer comes back after `retryMs` (SEP-1699). */
export interface OutboundDisconnect {
  kind: 'disconnect';
  retryMs: number;
}

/** The successful end of a call: the JSON text of `result`, already encoded once. */
export interface OutboundResult {
  kind: 'result';
  json: string | Buffer;
}

/** The refused or failed end of a call. */
export interface OutboundFailure {
  kind: 'failure';
  fault: Fault;
}

/** The last message of every call. */
export type OutboundFinal = OutboundResult | OutboundFailure;
/** What a call sends before it ends. */
export type OutboundInterim = OutboundNotification | OutboundQuestion | OutboundDisconnect;
/** One element of the sequence that `dispatcher.run` yields. */
export type Outbound = OutboundInterim | OutboundFinal;

/** True for the element that ends a sequence. */
export function isFinal(message: Outbound): message is OutboundFinal {
  return message.kind === 'result' || message.kind === 'failure';
}
