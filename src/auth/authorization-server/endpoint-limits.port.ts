/** How often strangers may ask for what costs us something. */
import type { IncomingMessage } from 'node:http';

/** What is counted by itself: clients, documents that are fetched, and sign-ins that are begun. */
export type LimitedThing = 'registration' | 'client_document' | 'authorization';

export const EndpointLimits = Symbol('EndpointLimits');
export interface EndpointLimits {
  /** Seconds to wait where whoever sends this has asked too often; undefined to go on. */
  take(what: LimitedThing, request: IncomingMessage): Promise<number | undefined>;
}
