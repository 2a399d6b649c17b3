/** What the door is made of, for the module of auth. */
import type { Provider } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { AccessPolicy } from '../../protocol/access.js';
import { Clock, Random } from '../../protocol/clock.js';
import { ApiKeys } from '../api-keys.service.js';
import { ClientRegistry } from '../authorization-server/client-registry.js';
import { CredentialDoor } from '../door.service.js';
import { Door } from '../door.port.js';
import { Revocations } from '../revocations.port.js';
import { RolePolicy } from '../role-policy.js';
import { StepUpHints } from '../step-up-hints.port.js';
import { StreamTickets } from '../stream-tickets.js';
import { UserStore } from '../users.port.js';
import { CredentialJudge } from './credential-judge.js';
import { GuessBrake } from './guess-brake.js';
import { KeyStrategy } from './key.strategy.js';
import { Proofs } from './proofs.js';
import { RevocationWatch } from './revocation-watch.js';
import { SigningKeys } from './signing-keys.js';
import { StaticKeys } from './static-keys.js';

async function makeJudge(
  settings: Settings, apiKeys: ApiKeys, signingKeys: SigningKeys, users: UserStore, machines: ClientRegistry, revocations: Revocations,
  watch: RevocationWatch, clock: Clock, random: Random, log: Log,
): Promise<CredentialJudge> {
  const issues = settings.authMode === 'embedded' || settings.authMode === 'federated';
  if (issues) await signingKeys.open();
  // A key that is published no longer takes its tokens with it.
  signingKeys.onChange(() => watch.invalidate());
  announceSimpleMode(settings, log);
  const staticKeys = new StaticKeys(settings, random);
  return new CredentialJudge({
    settings, staticKeys, signingKeys, users, machines, revocations, clock,
    keyStrategy: new KeyStrategy(staticKeys, apiKeys, new GuessBrake(clock)),
  });
}

/** Keys that are the same for everybody are for trying things out: whoever set them should read so once. */
function announceSimpleMode({ apiKey, authToken, jwtSecret, simpleRoles }: Settings, log: Log): void {
  const configured = [['MCP_API_KEY', apiKey], ['MCP_AUTH_TOKEN', authToken], ['JWT_SECRET', jwtSecret]] as const;
  const accepts = configured.filter(([, value]) => value !== undefined).map(([name]) => name);
  if (accepts.length > 0) log.warn('auth.simple_mode', { accepts, roles: simpleRoles, better: 'keys of their own: gatehouse keys create' });
}

/** They need `SigningKeys`, `ClientRegistry`, `StepUpHints` and `RoleMap` beside them. */
export const credentialProviders: Provider[] = [
  ApiKeys, RevocationWatch, RolePolicy, StreamTickets,
  { provide: AccessPolicy, useExisting: RolePolicy },
  { provide: CredentialJudge, useFactory: makeJudge, inject: [Settings, ApiKeys, SigningKeys, UserStore, ClientRegistry, Revocations, RevocationWatch, Clock, Random, Log] },
  {
    provide: Door,
    useFactory: (judge: CredentialJudge, keys: ApiKeys, tickets: StreamTickets, watch: RevocationWatch, hints: StepUpHints, settings: Settings, clock: Clock, log: Log) =>
      new CredentialDoor({ judge, keys, tickets, watch, hints, settings, clock, log, proofs: new Proofs(settings, clock) }),
    inject: [CredentialJudge, ApiKeys, StreamTickets, RevocationWatch, StepUpHints, Settings, Clock, Log],
  },
];
