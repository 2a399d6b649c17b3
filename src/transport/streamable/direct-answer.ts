/**
 * The answer to one request of revision 2026-07-28: JSON when it is the first thing said, else a stream that lives
 * and dies with its connection. A lost connection is a cancellation (2026-07-28 Streamable HTTP, "Cancellation").
 */
import type { ServerResponse } from 'node:http';
import type { Cancellation } from '../../protocol/cancellation.js';
import { isFinal, type Outbound, type OutboundFinal } from '../../protocol/message.js';
import type { RevisionRules } from '../../protocol/revision.js';
import { comment, jsonFrame } from '../../protocol/sse-frame.js';
import { encodeFinal, encodeNotification } from '../encode.js';
import type { Pulse } from '../pulse.js';
import type { CallRefusals } from '../refusals.js';
import { sendEncodedResult, sendFault, sendJson } from './reply.js';
import { StreamWriter, type CutReason, type StreamBounds } from './stream-writer.js';

/** What an answer is made with. */
export interface DirectParts {
  response: ServerResponse;
  headers: readonly string[];
  idText: string;
  rules: RevisionRules;
  cancellation: Cancellation;
  bounds: StreamBounds & { streamAfterMs: number };
  pulse: Pulse;
  refusals: CallRefusals;
  onCut(reason: CutReason): void;
}

/** Writes the whole sequence. Never throws. */
export async function answerDirectly(sequence: AsyncIterator<Outbound>, parts: DirectParts): Promise<void> {
  const { response, cancellation } = parts;
  response.on('close', () => cancellation.cancel('disconnect'));
  let writer: StreamWriter | undefined;
  const open = (): StreamWriter => (writer ??= openStream(parts));
  const timer = setTimeout(open, parts.bounds.streamAfterMs);
  for (;;) {
    const { value: message, done } = await sequence.next();
    if (done) break;
    if (isFinal(message)) {
      clearTimeout(timer);
      if (writer) finish(writer, message, parts);
      else if (!response.destroyed) sendFinal(message, parts);
      break;
    }
    if (message.kind === 'notification') open().write(jsonFrame(encodeNotification(message.method, message.params)));
  }
}

function openStream(parts: DirectParts): StreamWriter {
  const writer = new StreamWriter(parts.response, parts.bounds, parts.pulse, (cut) => {
    parts.cancellation.cancel('disconnect');
    if (cut) parts.onCut(cut);
  });
  writer.open(parts.headers, comment('open'));
  return writer;
}

function finish(writer: StreamWriter, message: OutboundFinal, { idText, rules }: DirectParts): void {
  writer.write(jsonFrame(encodeFinal(idText, message, rules)));
  writer.end();
}

function sendFinal(message: OutboundFinal, { response, idText, rules, headers, bounds, refusals }: DirectParts): void {
  if (message.kind === 'failure') {
    const json = refusals.result(message.fault);
    if (json === undefined) return sendFault(response, message.fault, idText, [...headers, ...refusals.headers(message.fault)]);
    return sendJson(response, 200, encodeFinal(idText, { kind: 'result', json }), headers);
  }
  if (typeof message.json !== 'string') return sendEncodedResult(response, idText, message.json, headers, bounds.streamStallMs);
  sendJson(response, 200, encodeFinal(idText, message, rules), headers, bounds.streamStallMs);
}
