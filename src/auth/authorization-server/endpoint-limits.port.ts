/** How often strangers may ask for what costs us something. */
import type { IncomingMessage } from 'node:http';

export const EndpointLimits = Symbol('EndpointLimits');
export interface EndpointLimits {
  /** Seconds to wait where whoever sends this has asked too often; undefined to go on. */
  take(what: 'registration' | 'client_document', request: IncomingMessage): Promise<number | undefined>;
}
