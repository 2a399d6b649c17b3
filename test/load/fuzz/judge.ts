/** Says what is wrong with an answer: its status, its form, the schema of its revision, the request it claims to answer. */
import { z } from 'zod';
import { RevisionSchema } from '../../support/mcp-schema.js';
import { wireMessage, type WireMessage } from '../../support/mcp-wire.js';
import type { RawResponse } from '../../support/http-raw.js';

const sentMessage = z.looseObject({ id: z.union([z.string(), z.number()]), method: z.string() });
const schemas = new Map<string, RevisionSchema>();
/** Says more than any other what an error without an id may be. */
const NEWEST_SESSION = '2025-11-25';

function schemaOf(revision: string): RevisionSchema {
  const known = schemas.get(revision) ?? new RevisionSchema(revision);
  schemas.set(revision, known);
  return known;
}

/** The methods that were asked for, by id as JSON text; undefined where the body is no JSON. */
export function askedIn(body: string): Map<string, string> | undefined {
  try {
    const sent: unknown = JSON.parse(body);
    const messages = [sent].flat().map((message) => sentMessage.safeParse(message).data);
    return new Map(messages.flatMap((message) => (message ? [[JSON.stringify(message.id), message.method] as const] : [])));
  } catch {
    return undefined;
  }
}

/** What is wrong with an HTTP answer to a body that asked for these. */
export function faultsOf(response: RawResponse, revision: string, asked: ReadonlyMap<string, string> | undefined): string[] {
  const { status, headers, body } = response;
  if (status >= 500 || status < 200) return [`status ${status}`];
  const type = headers.get('content-type')?.[0] ?? '';
  const leak = /node_modules|\bat \S+ \(|\.[jt]s:\d+/.exec(body)?.[0];
  if (leak !== undefined) return [`internals: ${leak}`];
  if (type.startsWith('text/event-stream')) return eventsIn(body).flatMap((text) => messageFaults(text, revision, asked));
  if (body === '' || (status === 202 && body === 'Accepted')) return status < 400 ? [] : [`an empty ${status}`];
  if (type.startsWith('text/html')) return [];
  return type.startsWith('application/json') ? messageFaults(body, revision, asked) : [`the type ${type}`];
}

/** The data of every whole event in a stream's text. */
export function eventsIn(text: string): string[] {
  const whole = text.slice(0, text.lastIndexOf('\n\n') + 2);
  return whole.split('\n\n').flatMap((block) => {
    const data = block.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)).join('\n');
    return data === '' || block.includes('event: endpoint') ? [] : [data];
  });
}

/** What is wrong with the messages in a JSON text. */
export function messageFaults(text: string, revision: string, asked: ReadonlyMap<string, string> | undefined): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [`no JSON: ${text.slice(0, 100)}`];
  }
  const messages = z.array(wireMessage).safeParse([value].flat());
  if (!messages.success) return [`no JSON-RPC: ${text.slice(0, 200)}`];
  return messages.data.flatMap((message) => faultsIn(message, revision, asked));
}

function faultsIn(message: WireMessage, revision: string, asked: ReadonlyMap<string, string> | undefined): string[] {
  if (message.method !== undefined) return schemaOf(revision).faultsOf(message, undefined);
  if (message.id === undefined || message.id === null) return message.error ? anonymousFaults(message) : ['a result without an id'];
  const method = asked?.get(JSON.stringify(message.id));
  // A refused request may have an id without a method, or one that a prefix of a broken body shows.
  if (message.error) return [...(message.error.code === -32603 ? [`internal error: ${message.error.message}`] : []), ...schemaOf(revision).faultsOf(message, method)];
  if (method === undefined) return [`a result for ${JSON.stringify(message.id)}, which was not asked`];
  return schemaOf(revisionOf(message, revision)).faultsOf(message, method);
}

/** The envelope of `/messages` has null for an id and says more about itself (R278). */
function anonymousFaults({ id, ...message }: WireMessage): string[] {
  if (id === null && message.error?.code !== -32000) return ['an error with null for an id'];
  return schemaOf(NEWEST_SESSION).faultsOf(message, undefined);
}

function revisionOf({ result }: WireMessage, revision: string): string {
  if (result?.['resultType'] !== undefined) return '2026-07-28';
  const opened = result?.['protocolVersion'];
  return typeof opened === 'string' ? opened : revision === '2026-07-28' ? NEWEST_SESSION : revision;
}
