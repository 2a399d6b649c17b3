/** Makes tokens of every kind, honest and forged, with keys of its own. */
import { constants, createHmac, generateKeyPairSync, sign, type KeyObject, type webcrypto } from 'node:crypto';

/** What a signature is made with. */
export interface MintKey {
  kid: string;
  alg: 'ES256' | 'RS256' | 'PS256' | 'ES384';
  privateKey: KeyObject;
  key: KeyObject;
}

export const CLIENT = 'a-client';

/** A key nobody else has. */
export function aSigningKey(kid: string, alg: MintKey['alg'] = 'ES256'): MintKey {
  const { privateKey, publicKey } = alg.startsWith('ES')
    ? generateKeyPairSync('ec', { namedCurve: alg === 'ES256' ? 'P-256' : 'P-384' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, alg, privateKey, key: publicKey };
}

/** The public half, as a key set publishes it. */
export function published({ kid, alg, key }: MintKey): webcrypto.JsonWebKey & { kid: string } {
  return { ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

/** The compact form of anything, signed by whatever function is given. */
export function compact(header: object, payload: unknown, signer: (input: Buffer) => Buffer): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${signer(Buffer.from(input)).toString('base64url')}`;
}

export function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** An honest signature of a key. */
export function signed({ alg, privateKey }: Pick<MintKey, 'alg' | 'privateKey'>): (input: Buffer) => Buffer {
  const digest = `sha${alg.slice(2)}`;
  if (alg.startsWith('ES')) return (input) => sign(digest, input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  if (alg === 'PS256') return (input) => sign(digest, input, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  return (input) => sign(digest, input, privateKey);
}

export function hmac(secret: string | Buffer): (input: Buffer) => Buffer {
  return (input) => createHmac('sha256', secret).update(input).digest();
}

/** Mints for one issuer and audience. */
export class TokenMint {
  constructor(readonly issuer: string, readonly audience: string, readonly key: MintKey, private readonly now: () => number = Date.now) {}

  /** The claims of an honest token, with changes; an undefined one is left out. */
  claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
    const seconds = Math.floor(this.now() / 1000);
    const all = {
      iss: this.issuer, aud: this.audience, sub: 'anna', client_id: CLIENT, scope: 'mcp', iat: seconds, exp: seconds + 300,
      jti: Math.random().toString(36), gid: 'grant-1', epoch: 0, ...changes,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  header(changes: Record<string, unknown> = {}): Record<string, unknown> {
    const all = { alg: this.key.alg, typ: 'at+jwt', kid: this.key.kid, ...changes };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  /** An access token, with changes to its claims and header. */
  mint(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string {
    return compact(this.header(header), this.claims(claims), signed(this.key));
  }
}
