/** Carries one call over a wire where all messages share a channel (HTTP+SSE, stdio). */
import { isFinal, type RequestId } from '../protocol/message.js';
import type { RevisionRules } from '../protocol/revision.js';
import type { Traffic } from '../sessions/traffic.js';
import type { Running } from './dialog.js';
import { encodeFinal, encodeNotification, encodeQuestion } from './encode.js';

/** Sends every message of a call in order. Never throws, as long as `send` does not. */
export async function pumpCall(call: Running, traffic: Traffic, rules: RevisionRules, send: (json: string) => void | Promise<void>): Promise<void> {
  const questions: RequestId[] = [];
  for await (const message of call.sequence) {
    // Nothing more is said about a request its caller took back (cancellation, "Behavior Requirements").
    if (call.cancellation.reason === 'caller') continue;
    if (isFinal(message)) await send(encodeFinal(call.request.idText, message, rules));
    else if (message.kind === 'notification') await send(encodeNotification(message.method, message.params));
    else if (message.kind === 'question') {
      const id = traffic.ask(message);
      questions.push(id);
      await send(encodeQuestion(id, message.method, message.params));
    }
  }
  traffic.forgetQuestions(questions);
  call.release();
}
