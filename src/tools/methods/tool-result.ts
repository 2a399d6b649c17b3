/** From what a tool returned to a `CallToolResult` that its revision knows. */
import { fault } from '../../protocol/faults.js';
import { isObject } from '../../protocol/json.js';
import type { RevisionRules } from '../../protocol/revision.js';
import type { ToolEntry } from '../catalogue.js';
import type { ResultMembers } from './envelope.js';

/**
 * The members of the result. Throws `output_invalid` when structured content breaks the tool's own schema, and
 * `output_unusable` when the value cannot be printed.
 */
export async function toolResult(entry: ToolEntry, value: unknown, rules: RevisionRules, maxBytes: number): Promise<ResultMembers> {
  if (isResult(value)) {
    const unchecked = !entry.output || value['isError'] === true;
    return project(unchecked ? value : { ...value, structuredContent: await verified(entry, value['structuredContent']) }, rules);
  }
  // Checked before printing: escaping a huge text would cost as much again.
  if (typeof value === 'string' && value.length > maxBytes) throw fault('output_unusable', { say: 'The result is larger than this server sends' });
  if (entry.output) {
    const structuredContent = await verified(entry, value ?? null);
    // Older clients read the text: the specification asks for both ("Structured Content").
    return project({ content: textOf(print(structuredContent)), structuredContent }, rules);
  }
  if (value === undefined || value === null) return { content: [] };
  return { content: textOf(typeof value === 'string' ? value : print(value)) };
}

/** A failed call, as the model shall read it (specification, tools "Error Handling"). */
export function toolFailure(message: string): ResultMembers {
  return { content: textOf(message), isError: true };
}

// What the schema made of it is sent: a library may drop members or fill in defaults, and clients hold us to both.
async function verified(entry: ToolEntry, value: unknown): Promise<unknown> {
  const checking = entry.output?.check(value);
  const checked = checking instanceof Promise ? await checking : checking;
  if (checked && 'reason' in checked) throw fault('output_invalid', { detail: { tool: entry.name, reason: checked.reason } });
  return checked ? checked.value : value;
}

function textOf(text: string): object[] {
  return [{ type: 'text', text }];
}

function print(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (cause) {
    throw fault('output_unusable', { cause });
  }
}

function isResult(value: unknown): value is ResultMembers & { content: unknown[] } {
  return isObject(value) && Array.isArray(value['content']) && value['content'].every((block) => isObject(block) && typeof block['type'] === 'string');
}

function project(result: ResultMembers, rules: RevisionRules): ResultMembers {
  const { structuredContent, ...rest } = result;
  const keep = structuredContent !== undefined && rules.structured && (rules.structuredAny || isObject(structuredContent));
  const content = Array.isArray(rest['content']) && !(rules.audio && rules.structured) ? rest['content'].map((block: unknown) => projectBlock(block, rules)) : rest['content'];
  return { ...rest, content, ...(keep ? { structuredContent } : {}) };
}

/** Replaces a content block that the revision does not know by the nearest one it does. */
export function projectBlock(block: unknown, rules: RevisionRules): unknown {
  if (!isObject(block)) return block;
  if (block['type'] === 'audio' && !rules.audio) {
    const { mimeType, data } = block;
    return { type: 'resource', resource: { uri: 'audio:inline', ...(mimeType === undefined ? {} : { mimeType }), blob: data ?? '' } };
  }
  if (block['type'] === 'resource_link' && !rules.structured) {
    return { type: 'text', text: `${String(block['title'] ?? block['name'] ?? 'Resource')}: ${String(block['uri'])}` };
  }
  return block;
}
