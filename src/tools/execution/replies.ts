/** Checks what clients answer to questions. Replies come from outside and are believed in nothing. */
import { z } from 'zod';
import type { CreateMessageResult, Root } from '../../protocol/wire.js';

const content = z.looseObject({ type: z.enum(['text', 'image', 'audio', 'tool_use', 'tool_result']) });
const samplingResult = z.looseObject({
  role: z.enum(['user', 'assistant']),
  model: z.string(),
  content: z.union([content, z.array(content)]),
  stopReason: z.string().optional(),
});
const roots = z.array(z.looseObject({ uri: z.string(), name: z.string().optional() })).max(1000);

/** True for a usable answer to `sampling/createMessage`. */
export function isSamplingResult(value: unknown): value is CreateMessageResult {
  return samplingResult.safeParse(value).success;
}

/** True for the roots of a usable answer to `roots/list`. */
export function isRoots(value: unknown): value is Root[] {
  return roots.safeParse(value).success;
}
