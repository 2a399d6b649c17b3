/**
 * Where a client comes from, told by its id alone: ids are given out here, so that nothing a client says about itself can
 * make it look like one of the operator's.
 */

/** Made by the operator, by self-registration, or described by the document its id points to. */
export type ClientKind = 'operator' | 'registration' | 'document';

export const OPERATOR_PREFIX = 'op_';
export const REGISTRATION_PREFIX = 'dcr_';

/** The kind of a client; a stranger's id counts as self-registered. */
export function clientKind(clientId: string): ClientKind {
  if (clientId.startsWith(OPERATOR_PREFIX)) return 'operator';
  return /^https?:/i.test(clientId) ? 'document' : 'registration';
}
