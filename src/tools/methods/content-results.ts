/** From what resource, prompt and completion methods returned to the results of the specification. */
import { fault } from '../../protocol/faults.js';
import { isObject } from '../../protocol/json.js';
import type { RevisionRules } from '../../protocol/revision.js';
import type { ResultMembers } from './envelope.js';
import { projectBlock } from './tool-result.js';

const MAX_COMPLETIONS = 100;

/** Members of a `ReadResourceResult`: text, bytes, a JSON value, or the whole result as it is. */
export function resourceResult(value: unknown, uri: string, mimeType: string | undefined): ResultMembers {
  if (isObject(value) && Array.isArray(value['contents'])) return { ...value };
  const type = (fallback: string): object => ({ uri, mimeType: mimeType ?? fallback });
  if (typeof value === 'string') return { contents: [{ ...type('text/plain'), text: value }] };
  if (value instanceof Uint8Array) return { contents: [{ ...type('application/octet-stream'), blob: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }] };
  if (value === undefined) throw fault('resource_unknown', { data: { uri } });
  return { contents: [{ ...type('application/json'), text: print(value) }] };
}

/** Members of a `GetPromptResult`: one user text, a list of messages, or the whole result as it is. */
export function promptResult(value: unknown, description: string | undefined, rules: RevisionRules): ResultMembers {
  if (typeof value === 'string') return { description, messages: [{ role: 'user', content: { type: 'text', text: value } }] };
  const messages = Array.isArray(value) ? value : isObject(value) && Array.isArray(value['messages']) ? value['messages'] : undefined;
  if (!messages) throw fault('output_unusable', { detail: 'a prompt returns text, messages or a GetPromptResult' });
  const projected = messages.map((message: unknown) => (isObject(message) ? { ...message, content: projectBlock(message['content'], rules) } : message));
  return { description, ...(isObject(value) ? value : {}), messages: projected };
}

/** Members of a `CompleteResult`: at most 100 values, and whether there are more. */
export function completionResult(value: unknown): ResultMembers {
  if (isObject(value) && isObject(value['completion'])) {
    const { completion } = value;
    const { values } = completion;
    const tooMany = Array.isArray(values) && values.length > MAX_COMPLETIONS;
    return tooMany ? { ...value, completion: { total: values.length, ...completion, values: values.slice(0, MAX_COMPLETIONS), hasMore: true } } : { ...value };
  }
  const values = Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  return { completion: { values: values.slice(0, MAX_COMPLETIONS), total: values.length, hasMore: values.length > MAX_COMPLETIONS } };
}

function print(value: unknown): string {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (cause) {
    throw fault('output_unusable', { cause });
  }
  throw fault('output_unusable', { detail: `a ${typeof value} has no JSON` });
}

/** A URI as a result may repeat it: URL parsers take more characters than a URI has (RFC 3986 §2), and clients check. */
export function writtenUri(uri: string): string {
  return BEYOND_URIS.test(uri) ? new URL(uri).href.replaceAll(BEYOND_URIS_EACH, encodeURIComponent) : uri;
}

const BEYOND_URIS = /[^\w\-.~:/?#[\]@!$&'()*+,;=%]/;
const BEYOND_URIS_EACH = new RegExp(BEYOND_URIS, 'g');
