/** Starts a real server for a test, in this process and on a free port. */
import { createGatehouse, type Gatehouse, type GatehouseOptions } from '../../src/bootstrap.js';

/** Everybody in a test comes from one address: limits that count addresses are tried where a test says so. */
export const manyFromOneAddress = { maxStreamsPerAddress: 0, maxStreamsPerUser: 0, visitsPerAddress: 0 };

/** Starts with quiet logs and keeps nothing; further settings as given. Close it with `gatehouse.close()`. */
export function startGatehouse({ settings, modules }: { settings?: Record<string, unknown>; modules?: GatehouseOptions['modules'] } = {}): Promise<Gatehouse> {
  return createGatehouse({ settings: { port: 0, authMode: 'none', databaseUrl: 'sqlite::memory:', logLevel: 'silent', drainSeconds: 2, ...manyFromOneAddress, ...settings }, modules });
}
