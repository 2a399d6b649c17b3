/** Ends a code that was shown and did not fit: it is in wrong hands, or its client is broken (OAuth 2.1 §7.5, row F2). */
import type { KoaContextWithOIDC } from 'oidc-provider';

/** Call it once the verdict of the token endpoint is known and before it leaves. Throws `StorageUnavailable`. */
export async function burnCode({ oidc, status }: KoaContextWithOIDC): Promise<void> {
  const { code, grant_type: grant } = oidc.params ?? {};
  // 5xx is no verdict.
  const isRefused = status >= 400 && status < 500;
  if (!isRefused || grant !== 'authorization_code' || typeof code !== 'string') return;
  const kept = await oidc.provider.AuthorizationCode.find(code);
  // What was redeemed stays until it expires: shown again, it takes back what it gave.
  if (kept?.isValid) await kept.destroy();
}
