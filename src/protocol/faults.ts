/**
 * Every way a request can be refused, one row each: the JSON-RPC code, the HTTP status, the public sentence
 * and the level at which it is logged. Own codes are positive, because revision 2026-07-28 closes
 * −32000…−32019 to newcomers and keeps −32020…−32099 for itself (base protocol, "Error Codes").
 */
import type { RevisionRules } from './revision.js';
import { StorageUnavailable } from './storage-unavailable.js';

/** One row of the table. */
export interface FaultRow {
  /** The code in a JSON-RPC error. */
  rpc: number;
  /** The HTTP status where the wire has one; sessionful revisions answer dispatch faults with 200. */
  http: number;
  /** The public sentence. It never carries a secret, a path or a stack. */
  say: string;
  /** The level of the log line. */
  log: 'debug' | 'info' | 'warn' | 'error';
}

const PARSE = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL = -32603;

const rows = {
  // Bytes and JSON
  json_malformed: { rpc: PARSE, http: 400, say: 'The body is not valid JSON', log: 'debug' },
  utf8_malformed: { rpc: PARSE, http: 400, say: 'The body is not valid UTF-8', log: 'debug' },
  message_malformed: { rpc: INVALID_REQUEST, http: 400, say: 'The body is not a JSON-RPC 2.0 message', log: 'debug' },
  id_malformed: { rpc: INVALID_REQUEST, http: 400, say: 'A request id must be a string or a whole number', log: 'debug' },
  json_too_deep: { rpc: INVALID_REQUEST, http: 400, say: 'The message is nested too deeply', log: 'info' },
  json_too_wide: { rpc: INVALID_REQUEST, http: 400, say: 'The message has too many members or values', log: 'info' },
  name_repeated: { rpc: INVALID_REQUEST, http: 400, say: 'An object of the message names a member twice', log: 'info' },
  name_forbidden: { rpc: INVALID_REQUEST, http: 400, say: 'The message uses a member name that is not accepted', log: 'info' },
  number_inexact: { rpc: INVALID_REQUEST, http: 400, say: 'The message holds a number that cannot be represented exactly', log: 'debug' },
  batch_refused: { rpc: INVALID_REQUEST, http: 400, say: 'Batches are not part of this protocol revision', log: 'debug' },
  id_in_use: { rpc: INVALID_REQUEST, http: 400, say: 'A request with this id is still running', log: 'debug' },
  response_unexpected: { rpc: INVALID_REQUEST, http: 400, say: 'No request of the server is waiting for this response', log: 'info' },
  initialize_misplaced: { rpc: INVALID_REQUEST, http: 400, say: 'initialize opens a session and stands alone', log: 'debug' },
  body_too_large: { rpc: 1413, http: 413, say: 'The body is larger than this server accepts', log: 'info' },

  // The HTTP edge
  request_malformed: { rpc: INVALID_REQUEST, http: 400, say: 'The HTTP request is malformed', log: 'info' },
  host_refused: { rpc: 1403, http: 403, say: 'This Host is not served here', log: 'warn' },
  origin_refused: { rpc: 1403, http: 403, say: 'This Origin is not allowed', log: 'warn' },
  route_unknown: { rpc: 1404, http: 404, say: 'There is nothing at this address', log: 'debug' },
  http_method_refused: { rpc: 1405, http: 405, say: 'This HTTP method is not supported here', log: 'debug' },
  accept_refused: { rpc: 1406, http: 406, say: 'Accept must list both application/json and text/event-stream', log: 'debug' },
  content_type_refused: { rpc: 1415, http: 415, say: 'Content-Type must be application/json', log: 'debug' },
  content_encoding_refused: { rpc: 1415, http: 415, say: 'Content encodings are not accepted', log: 'info' },
  body_too_slow: { rpc: 1408, http: 408, say: 'The body did not arrive in time', log: 'info' },
  draining: { rpc: 1503, http: 503, say: 'This server is shutting down; try again', log: 'debug' },
  visits_too_many: { rpc: 1429, http: 429, say: 'Too many requests from this IP; try again later', log: 'warn' },
  streams_too_many: { rpc: 1429, http: 429, say: 'Connection limit exceeded', log: 'warn' },
  overloaded: { rpc: 1503, http: 503, say: 'This server is busy; try again', log: 'warn' },

  // Credentials and rights
  token_missing: { rpc: 1401, http: 401, say: 'Authentication required', log: 'debug' },
  token_invalid: { rpc: 1401, http: 401, say: 'Invalid authentication credentials', log: 'info' },
  token_expired: { rpc: 1401, http: 401, say: 'Token expired', log: 'debug' },
  access_denied: { rpc: 1403, http: 403, say: 'Access denied', log: 'info' },
  scope_insufficient: { rpc: 1403, http: 403, say: 'The credential lacks a scope this operation needs', log: 'info' },
  form_refused: { rpc: 1403, http: 403, say: 'This form is not valid here, or no longer; go back and start again', log: 'warn' },
  sign_in_over: { rpc: 1400, http: 400, say: 'This sign-in is no longer open; start again from the application', log: 'info' },
  credentials_unavailable: { rpc: 1503, http: 503, say: 'Credentials cannot be checked right now; try again', log: 'error' },
  storage_unavailable: { rpc: 1503, http: 503, say: 'A part of this server is away; try again', log: 'error' },

  // Sessions (revisions up to 2025-11-25)
  session_missing: { rpc: 1400, http: 400, say: 'Mcp-Session-Id is required', log: 'debug' },
  session_unknown: { rpc: 1404, http: 404, say: 'The session is unknown or has ended', log: 'debug' },
  session_limit: { rpc: 1429, http: 429, say: 'Too many sessions', log: 'warn' },
  revision_refused: { rpc: INVALID_REQUEST, http: 400, say: 'MCP-Protocol-Version names no revision with sessions', log: 'debug' },
  event_id_malformed: { rpc: 1416, http: 400, say: 'Last-Event-ID does not name a position of this session', log: 'debug' },
  stream_gap: { rpc: 1410, http: 400, say: 'Events after this position are no longer held; ask again', log: 'info' },

  // Revision 2026-07-28
  meta_malformed: { rpc: INVALID_PARAMS, http: 400, say: '_meta lacks a required protocol field', log: 'debug' },
  header_mismatch: { rpc: -32020, http: 400, say: 'The HTTP headers do not match the body', log: 'info' },
  capability_missing: { rpc: -32021, http: 400, say: 'The client did not declare a capability this request needs', log: 'debug' },
  revision_unsupported: { rpc: -32022, http: 400, say: 'Unsupported protocol version', log: 'debug' },
  state_refused: { rpc: INVALID_PARAMS, http: 400, say: 'requestState is not valid for this request', log: 'warn' },

  // Dispatch
  method_unknown: { rpc: METHOD_NOT_FOUND, http: 404, say: 'Method not found', log: 'debug' },
  params_invalid: { rpc: INVALID_PARAMS, http: 200, say: 'Invalid params', log: 'debug' },
  cursor_refused: { rpc: INVALID_PARAMS, http: 200, say: 'The cursor is not valid', log: 'debug' },
  tool_unknown: { rpc: INVALID_PARAMS, http: 200, say: 'Unknown tool', log: 'debug' },
  prompt_unknown: { rpc: INVALID_PARAMS, http: 200, say: 'Unknown prompt', log: 'debug' },
  resource_unknown: { rpc: INVALID_PARAMS, http: 200, say: 'Resource not found', log: 'debug' },
  arguments_invalid: { rpc: INVALID_PARAMS, http: 200, say: 'Invalid arguments', log: 'debug' },
  calls_too_often: { rpc: 1429, http: 429, say: 'Too many calls; try again later', log: 'warn' },
  calls_too_many: { rpc: 1429, http: 429, say: 'Too many calls are running', log: 'warn' },
  call_cancelled: { rpc: 1499, http: 200, say: 'The call was cancelled', log: 'debug' },
  call_too_slow: { rpc: 1504, http: 200, say: 'The call did not finish in time', log: 'warn' },
  client_failed: { rpc: 1502, http: 200, say: 'The client answered a question of the server with an error', log: 'info' },
  output_invalid: { rpc: INTERNAL, http: 200, say: 'The result does not match its own schema and was withheld', log: 'error' },
  output_unusable: { rpc: INTERNAL, http: 200, say: 'The result cannot be sent', log: 'error' },
  internal: { rpc: INTERNAL, http: 200, say: 'Internal error', log: 'error' },
} as const satisfies Record<string, FaultRow>;

/** The name of a row. */
export type FaultName = keyof typeof rows;

/** What a raiser may add to a row. */
export interface FaultOptions {
  /** A more exact public sentence, written by us; never text from outside that could carry a secret. */
  say?: string;
  /** Public members of the JSON-RPC error's `data`. */
  data?: unknown;
  /** Private detail: for the log only. */
  detail?: unknown;
  /** The error behind it: for the log only. */
  cause?: unknown;
  /** Seconds for `Retry-After`. */
  retryAfterSeconds?: number;
  /** More headers of the answer: names and values, one after the other. */
  headers?: readonly string[];
  /** What the `WWW-Authenticate` header says beside where the metadata is (RFC 6750 §3). */
  challenge?: Challenge;
}

/** The parameters of a challenge. Without `error` the request simply carried no credential. */
export interface Challenge {
  error?: 'invalid_token' | 'insufficient_scope' | 'invalid_request' | 'use_dpop_nonce' | 'invalid_dpop_proof';
  /** All scopes of the operation, space separated. */
  scope?: string;
}

const NONE: readonly string[] = [];

/** A raised row. Made by {@link fault}; caught where a door writes its error. */
export class Fault extends Error {
  readonly row: FaultRow;
  readonly say: string;
  readonly data: unknown;
  readonly detail: unknown;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: readonly string[];
  readonly challenge: Challenge | undefined;

  constructor(readonly fault: FaultName, options: FaultOptions = {}) {
    const row = rows[fault];
    super(options.say ?? row.say, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.row = row;
    this.say = options.say ?? row.say;
    this.data = options.data;
    this.detail = options.detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? NONE;
    this.challenge = options.challenge;
  }
}

/** Makes the error of a row. The stack is not captured: a fault is an answer, not a defect. */
export function fault(name: FaultName, options?: FaultOptions): Fault {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new Fault(name, options);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The error as a fault; anything unforeseen becomes `internal`, with the error as its cause. */
export function asFault(error: unknown): Fault {
  if (error instanceof StorageUnavailable) return fault('storage_unavailable', { retryAfterSeconds: 1, cause: error });
  return error instanceof Fault ? error : fault('internal', { cause: error });
}

/** The whole table, for the documentation page and for tests that force each row. */
export const faultTable: Readonly<Record<FaultName, FaultRow>> = rows;

/** The JSON-RPC `error` member of a fault, as JSON text, with the code its revision knows. */
export function errorJson(raised: Fault, rules?: RevisionRules): string {
  const code = raised.fault === 'resource_unknown' ? rules?.resourceUnknownCode ?? raised.row.rpc : raised.row.rpc;
  return JSON.stringify({ code, message: raised.say, data: raised.data });
}
