/** Reads a posted form: small, of the one type browsers send, each member once. */
import type { IncomingMessage } from 'node:http';
import { fault } from '../../../protocol/faults.js';

const MAX_BYTES = 16_384;

/** A posted form. `all` gives every value of a member that may repeat. */
export interface Form {
  /** The members that stand once; for a schema to judge. */
  readonly members: Readonly<Record<string, string>>;
  all(name: string): string[];
}

/** Throws `content_type_refused`, `body_too_large` or `form_refused`. `repeatable` names the members that may stand twice. */
export async function readForm(request: IncomingMessage, repeatable: readonly string[] = []): Promise<Form> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw fault('content_type_refused', { say: 'This page takes forms only' });
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) throw fault('body_too_large');
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Left open where the loop ends early, so that the refusal still finds its way out.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const piece = Buffer.from(chunk);
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw fault('body_too_large');
    chunks.push(piece);
  }
  const values = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  const names = [...values.keys()].filter((name) => !repeatable.includes(name));
  if (new Set(names).size < names.length) throw fault('form_refused', { detail: 'a member stands twice' });
  return {
    members: Object.fromEntries(names.map((name) => [name, values.get(name) ?? ''])),
    all: (name) => values.getAll(name),
  };
}
