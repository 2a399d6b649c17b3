/** `subscriptions/listen` (2026-07-28): acknowledges a filter, then tells of changes until somebody ends it. */
import type { Cancellation } from '../../protocol/cancellation.js';
import { fault } from '../../protocol/faults.js';
import { isObject } from '../../protocol/json.js';
import type { JsonObject, JsonValue, RequestId } from '../../protocol/message.js';
import { metaKeys } from '../../protocol/meta-keys.js';
import type { RevisionRules } from '../../protocol/revision.js';
import { notificationOf, type Change, type ChangeFeed } from '../change-feed.js';
import type { Outbox } from '../execution/outbox.js';
import type { Envelope } from './envelope.js';

const MAX_RESOURCES = 200;
const MAX_URI = 2048;
const flags = { toolsListChanged: 'tools', promptsListChanged: 'prompts', resourcesListChanged: 'resources' } as const;

export class Subscriptions {
  readonly #open = new Set<() => void>();

  constructor(private readonly feed: ChangeFeed, private readonly envelope: Envelope) {}

  /** Fills the outbox until cancelled or {@link Subscriptions.endAll}. Throws `params_invalid` for a malformed filter. */
  listen(id: RequestId, params: JsonObject, rules: RevisionRules, outbox: Outbox, cancellation: Cancellation, mayHearOf: (uri: string) => boolean): void {
    const filter = parseFilter(params['notifications']);
    const meta = { [metaKeys.subscriptionId]: id };
    outbox.push({ kind: 'notification', method: 'notifications/subscriptions/acknowledged', params: { _meta: meta, notifications: filter.agreed } });
    const unsubscribe = this.feed.subscribe((change) => {
      // Rights are looked at when there is something to tell: they may have changed since.
      const told = filter.wants(change) && (change.kind !== 'resource' || mayHearOf(change.uri)) ? notificationOf(change) : undefined;
      if (told) outbox.push({ kind: 'notification', method: told.method, params: { _meta: meta, ...told.params } });
    });
    const end = (): void => {
      unsubscribe();
      this.#open.delete(end);
      outbox.finish({ kind: 'result', json: this.envelope.print(rules, { _meta: meta }) });
    };
    this.#open.add(end);
    cancellation.onCancel(end);
  }

  /** Ends every subscription gracefully, with its result ("Graceful Closure"). */
  endAll(): void {
    for (const end of this.#open) end();
  }
}

function parseFilter(value: JsonValue | undefined): { agreed: JsonObject; wants: (change: Change) => boolean } {
  if (!isObject(value)) throw fault('params_invalid', { say: 'params.notifications must be an object' });
  const agreed: JsonObject = {};
  const kinds = new Set<string>();
  for (const [flag, kind] of Object.entries(flags)) {
    const wish = value[flag];
    if (wish !== undefined && typeof wish !== 'boolean') throw fault('params_invalid', { say: `params.notifications.${flag} must be a boolean` });
    if (wish) {
      agreed[flag] = true;
      kinds.add(kind);
    }
  }
  const uris = value['resourceSubscriptions'];
  if (uris !== undefined && !isUris(uris)) throw fault('params_invalid', { say: `params.notifications.resourceSubscriptions must be at most ${MAX_RESOURCES} URIs of at most ${MAX_URI} characters` });
  if (uris) agreed['resourceSubscriptions'] = uris;
  const wanted = new Set(uris);
  return { agreed, wants: (change) => (change.kind === 'resource' ? wanted.has(change.uri) : kinds.has(change.kind)) };
}

function isUris(value: JsonValue): value is string[] {
  return Array.isArray(value) && value.length <= MAX_RESOURCES && value.every((uri) => typeof uri === 'string' && uri.length <= MAX_URI);
}
