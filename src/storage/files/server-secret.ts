/** Finds the server's secret: as configured, or one of its own for development. */
import { join } from 'node:path';
import type { Settings } from '../../config/settings.js';
import type { Random } from '../../protocol/clock.js';
import type { ServerSecret } from '../../protocol/server-secret.js';
import { databaseAddress } from '../database-address.js';
import { readOrCreate } from './private-file.js';

const SECRET_BYTES = 48;
const LEAST_CHARACTERS = 32;

/**
 * Production insists on a configured secret (src/config/rules.ts). Elsewhere `<dataDirectory>/secret` is made at the
 * first start; a server that keeps its state in memory forgets it with the process, and its secret too.
 */
export function openServerSecret(settings: Settings, random: Random): ServerSecret {
  const { dataDirectory, nodeEnv, previousSecret, secret } = settings;
  if (secret !== undefined) return { current: secret, previous: previousSecret };
  if (nodeEnv === 'production') throw new Error('Production needs a configured secret (GATEHOUSE_SECRET)');
  const fresh = (): string => random.bytes(SECRET_BYTES).toString('base64');
  if (databaseAddress(settings).kind === 'memory') return { current: fresh(), previous: undefined };
  const file = join(dataDirectory, 'secret');
  const current = readOrCreate(file, () => `${fresh()}\n`).trim();
  if (current.length < LEAST_CHARACTERS) {
    throw new Error(`${file} is damaged: it must hold at least ${LEAST_CHARACTERS} characters. Restore it, or set GATEHOUSE_SECRET`);
  }
  return { current, previous: undefined };
}
