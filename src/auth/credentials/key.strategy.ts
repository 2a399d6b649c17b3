/** Judges keys: those of simple mode and those in the store. A wrong one is answered slowly. */
import { PassportStrategy } from '@nestjs/passport';
import { Fault, fault } from '../../protocol/faults.js';
import type { ApiKeys } from '../api-keys.service.js';
import type { GuessBrake } from './guess-brake.js';
import { readKey } from './key-text.js';
import { ownPassport } from './passport-run.js';
import type { Presented } from './presented.js';
import { PresentedStrategy } from './presented.strategy.js';
import type { StaticKeys } from './static-keys.js';
import type { Verified } from './verified.js';

export class KeyStrategy extends PassportStrategy(PresentedStrategy, 'key') {
  constructor(private readonly staticKeys: StaticKeys, private readonly apiKeys: ApiKeys, private readonly brake: GuessBrake) {
    super();
  }

  getPassportInstance(): ReturnType<typeof ownPassport> {
    return ownPassport();
  }

  async validate({ text, address }: Presented): Promise<Verified> {
    const known = this.staticKeys.find(text);
    if (known) return known;
    const key = readKey(text);
    try {
      if (!key) throw fault('token_invalid', { challenge: { error: 'invalid_token' }, detail: { reason: 'no such key' } });
      return await this.apiKeys.verify(key, address);
    } catch (error) {
      if (error instanceof Fault && error.fault === 'token_invalid') await this.brake.holdBack(key?.id, address);
      throw error;
    }
  }
}
