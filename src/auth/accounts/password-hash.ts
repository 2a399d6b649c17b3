/** Passwords at rest: scrypt (RFC 7914), with its cost inside the text, so that the cost can grow (reliability row E14). */
import { scrypt, timingSafeEqual } from 'node:crypto';

/** What one guess costs. Memory: 128 × 2^log2 × blockSize bytes. */
export interface PasswordCost {
  readonly log2: number;
  readonly blockSize: number;
  readonly parallelism: number;
}

/** 32 MiB and about a quarter of a second: one of the equal choices of OWASP's password storage advice. */
export const DEFAULT_COST: PasswordCost = { log2: 15, blockSize: 8, parallelism: 3 };

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const FORMAT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]{22})\$([\w+/]{43})$/;

interface Parsed {
  cost: PasswordCost;
  salt: Buffer;
  key: Buffer;
}

/** A self-describing hash. `salt` is {@link SALT_BYTES} unpredictable bytes. */
export async function hashPassword(password: string, cost: PasswordCost, salt: Buffer): Promise<string> {
  return encode({ cost, salt, key: await derive(password, salt, cost) });
}

/** True when the password made this hash. Throws an Error for a text that is no hash of ours. */
export async function matchesHash(password: string, hash: string): Promise<boolean> {
  const { cost, salt, key } = parse(hash);
  return timingSafeEqual(await derive(password, salt, cost), key);
}

/** True when the hash was made at another cost than today's. */
export function isStale(hash: string, cost: PasswordCost): boolean {
  const made = parse(hash).cost;
  return made.log2 !== cost.log2 || made.blockSize !== cost.blockSize || made.parallelism !== cost.parallelism;
}

/** A hash that no password has; checking against it takes as long as against a real one. */
export function decoyHash(cost: PasswordCost): string {
  return encode({ cost, salt: Buffer.alloc(SALT_BYTES), key: Buffer.alloc(KEY_BYTES) });
}

/** How many bytes of salt {@link hashPassword} wants. */
export const saltBytes = SALT_BYTES;

function encode({ cost, salt, key }: Parsed): string {
  const plain = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  return `$scrypt$ln=${cost.log2},r=${cost.blockSize},p=${cost.parallelism}$${plain(salt)}$${plain(key)}`;
}

function parse(hash: string): Parsed {
  const [, log2, blockSize, parallelism, salt = '', key = ''] = FORMAT.exec(hash) ?? [];
  const cost = { log2: Number(log2), blockSize: Number(blockSize), parallelism: Number(parallelism) };
  // The bounds keep a forged row from asking for gigabytes; NaN fails them as well.
  if (!(cost.log2 >= 1 && cost.log2 <= 20 && cost.blockSize >= 1 && cost.parallelism >= 1)) throw new Error('A stored password hash is malformed');
  return { cost, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') };
}

function derive(password: string, salt: Buffer, { log2, blockSize, parallelism }: PasswordCost): Promise<Buffer> {
  const options = { N: 2 ** log2, r: blockSize, p: parallelism, maxmem: 2 * 128 * 2 ** log2 * blockSize + 2 ** 20 };
  return new Promise((resolve, reject) => {
    // One spelling of one password: keyboards differ in how they compose letters (NIST SP 800-63B §3.1.1.2).
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
