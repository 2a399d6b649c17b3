/** What the server's own keys are derived from. */

export const ServerSecret = Symbol('ServerSecret');
export interface ServerSecret {
  /** Seals and hashes; the same in every process that shares state. */
  readonly current: string;
  /** Still opens what it sealed, while a rotation is under way. */
  readonly previous: string | undefined;
}
