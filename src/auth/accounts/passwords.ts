/** Makes and checks password hashes, a few at a time, so that guessing cannot take the machine from everybody else. */
import { Inject, Injectable } from '@nestjs/common';
import { Random } from '../../protocol/clock.js';
import { fault } from '../../protocol/faults.js';
import { decoyHash, hashPassword, isStale, matchesHash, saltBytes, type PasswordCost } from './password-hash.js';

// Node's pool has four threads; the other two stay free for files and names.
const AT_ONCE = 2;
const MAX_WAITING = 100;

/** What one hash costs; tests, which hash by the thousand, replace it. */
export const HashingCost = Symbol('HashingCost');

@Injectable()
export class Passwords {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(@Inject(Random) private readonly random: Random, @Inject(HashingCost) private readonly cost: PasswordCost) {}

  /** Throws `overloaded` when too many wait already, as does {@link check}. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hashPassword(password, this.cost, this.random.bytes(saltBytes)));
  }

  /** Takes the same time whether or not there is a hash to check against. */
  async check(password: string, hash: string | undefined): Promise<boolean> {
    const matches = await this.#inTurn(() => matchesHash(password, hash ?? decoyHash(this.cost)));
    return matches && hash !== undefined;
  }

  /** True when a hash should be made anew the next time its password is known. */
  isStale(hash: string): boolean {
    return isStale(hash, this.cost);
  }

  /** A password to hand over once: 100 bits, without letters that look alike, in groups that can be read aloud. */
  oneTime(): string {
    const letters = [...this.random.bytes(20)].map((byte) => ALPHABET[byte % ALPHABET.length] ?? '').join('');
    return letters.match(/.{5}/g)?.join('-') ?? letters;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MAX_WAITING) throw fault('overloaded', { retryAfterSeconds: 5 });
      // Whoever finishes hands the turn over, so the number of running ones stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

// Crockford's 32 letters, so that a byte modulo 32 favours none of them.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
