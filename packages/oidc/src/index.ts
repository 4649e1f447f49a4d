/**
 * oidc: people sign in through OpenID Connect providers.
 *
 * Promises: only providers that are configured, by exactly their issuer; the code flow with PKCE, state
 * and nonce and nothing else; every ID token is verified, its signature among it, with an algorithm that
 * is pinned; each request ends in time and each answer has an end; a role is given only where a table
 * names it; whatever goes wrong is a code of ours, and no token, code or word of the provider's stands in
 * an error. No token is taken from anybody but the provider, and none is handed out.
 */
export { openOidc, type Oidc, type OidcIdentity, type OidcOptions } from './oidc.ts';
export {
  OIDC_ALGORITHMS,
  type OidcAlgorithm,
  type OidcProvider,
  providerProblem,
} from './oidc-provider.ts';
export type { PendingSignIn } from './pending-sign-in.ts';
