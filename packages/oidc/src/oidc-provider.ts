import { SealstreamError } from '@sealstream/contracts';
import { isClaimPath } from './role-mapping.ts';

/**
 * Algorithms that an ID token may be signed with (RFC 7518, RFC 8037, RFC 9864). None of them uses a
 * shared secret, so a public key can never be taken for one.
 */
export const OIDC_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;
export type OidcAlgorithm = (typeof OIDC_ALGORITHMS)[number];

/** A provider through which people may sign in. */
export interface OidcProvider {
  /** What we call it: 1 to 40 of a-z, 0-9 and -. */
  readonly name: string;
  /** Exactly as the provider writes it, in its discovery document and in `iss`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where it sends browsers back to; another one for each provider (RFC 9700, 4.4.2). */
  readonly redirectUri: string;
  /**
   * The claim of the ID token that says what somebody is: names with dots between them
   * (`realm_access.roles`), or a JSON Pointer (RFC 6901) where names have dots themselves
   * (`/https:~1~1example.com~1roles`). It holds a text or a list of texts.
   */
  readonly rolesClaim: string;
  /** Our role by value of that claim. A value that does not stand here gives no role. */
  readonly roles: Readonly<Record<string, string>>;
  /** `openid` and `profile` when not given; `openid` must be among them. */
  readonly scopes?: readonly string[] | undefined;
  /** The one algorithm that ID tokens are signed with; RS256 when not given, as the standard has it. */
  readonly algorithm?: OidcAlgorithm | undefined;
  /** Authorities (PEM) to trust with its TLS; the system's when not given. */
  readonly tlsCa?: string;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
const LOOPBACK = new Set(['127.0.0.1', '[::1]']);

/**
 * Whether a request may go there: by TLS, or on this machine where that is allowed. Never with a user
 * and password in it.
 */
export function isAllowed(address: string, allowLoopbackHttp: boolean): boolean {
  const url = URL.parse(address);
  if (url === null || url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return allowLoopbackHttp && url.protocol === 'http:' && LOOPBACK.has(url.hostname);
}

/**
 * What is wrong with one provider's settings, in words that begin with the name of the setting; undefined
 * when nothing is. It repeats no value.
 */
export function providerProblem(
  provider: OidcProvider,
  allowLoopbackHttp: boolean,
): string | undefined {
  const { issuer, redirectUri, scopes, algorithm, roles } = provider;
  const isPlain = (address: string) =>
    isAllowed(address, allowLoopbackHttp) && !/[?#]/.test(address);
  if (!NAME.test(provider.name)) return 'name must be 1 to 40 of a-z, 0-9 and -';
  if (!isPlain(issuer)) return 'issuer must be https: without a query';
  if (!isPlain(redirectUri)) return 'redirectUri must be https: without a query';
  if (provider.clientId === '') return 'clientId is empty';
  if (provider.clientSecret === '') return 'clientSecret is empty';
  if (scopes !== undefined && !scopes.includes('openid')) return 'scopes must have openid';
  if (algorithm !== undefined && !OIDC_ALGORITHMS.includes(algorithm))
    return `algorithm must be one of ${OIDC_ALGORITHMS.join(', ')}`;
  if (!isClaimPath(provider.rolesClaim)) return 'rolesClaim is no path';
  if (Object.values(roles).some((role) => typeof role !== 'string' || role === ''))
    return 'roles has an entry without a role';
  return undefined;
}

/**
 * Checks what is configured, before anybody signs in.
 *
 * @throws SealstreamError CONFIG_INVALID naming the provider and what is wrong, without a value
 */
export function checkProviders(
  providers: readonly OidcProvider[],
  allowLoopbackHttp: boolean,
): void {
  const names = new Set<string>();
  const redirects = new Set<string>();
  for (const [index, provider] of providers.entries()) {
    let problem = providerProblem(provider, allowLoopbackHttp);
    const redirect = problem === undefined ? new URL(provider.redirectUri).href : '';
    if (names.has(provider.name)) problem = 'another provider has the same name';
    // By the address an answer came to, it is told which provider it is of.
    else if (redirects.has(redirect)) problem = 'another provider has the same redirectUri';
    if (problem !== undefined)
      throw new SealstreamError('CONFIG_INVALID', { oidcProvider: index + 1, problem });
    names.add(provider.name);
    redirects.add(redirect);
  }
}
