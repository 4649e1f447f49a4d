import { SealstreamError } from '@sealstream/contracts';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { checkClaims, nameOf } from './id-token-rules.ts';
import { checkProviders, type OidcProvider } from './oidc-provider.ts';
import { checkPending, PENDING_MS, type PendingSignIn } from './pending-sign-in.ts';
import { ProviderConfiguration } from './provider-configuration.ts';
import { rolesOf } from './role-mapping.ts';
import { finishError } from './sign-in-errors.ts';

export interface OidcOptions {
  readonly providers: readonly OidcProvider[];
  /** How long one request to a provider may take, its answer included; 5,000 when not given. */
  readonly timeoutMs?: number;
  /** Lets a provider on this machine be talked to without TLS: for tests. */
  readonly allowLoopbackHttp?: boolean;
}

/** Somebody whom a provider knows. Who they are is issuer and subject together, and nothing else. */
export interface OidcIdentity {
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  /** To show; it may change, and two may have the same. */
  readonly name: string;
  /** Ours, sorted; none when the table names nothing that the provider says. */
  readonly roles: readonly string[];
}

export interface Oidc {
  /** The names of the providers, as configured. */
  readonly providers: readonly string[];
  /**
   * Where to send the browser, and what to keep for it until it comes back.
   *
   * @throws SealstreamError SIGN_IN_REFUSED when no provider has that name; OIDC_UNREACHABLE and
   *   OIDC_REFUSED
   */
  begin(provider: string): Promise<{ readonly url: string; readonly pending: PendingSignIn }>;
  /**
   * Who came back. `callbackUrl`: the address that the browser asked for, with its query. What was kept
   * must be deleted before, so that it serves once.
   *
   * @throws SealstreamError SIGN_IN_REFUSED naming the rule that was broken; OIDC_UNREACHABLE and
   *   OIDC_REFUSED
   */
  finish(pending: PendingSignIn, callbackUrl: string): Promise<OidcIdentity>;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_SCOPES = ['openid', 'profile'];
/** Longer than any provider's answer, and short enough for nobody to notice. */
const CALLBACK_LENGTH_MAX = 8_192;

const refused = (reason: string) => new SealstreamError('SIGN_IN_REFUSED', { reason });

/** A provider and what it says of itself. */
interface Known {
  readonly provider: OidcProvider;
  readonly configuration: ProviderConfiguration;
}

/** The provider's answer, at the address that was configured; proxies may have changed the host. */
function answerAt(redirectUri: string, callbackUrl: string): URL {
  const expected = new URL(redirectUri);
  const came = callbackUrl.length <= CALLBACK_LENGTH_MAX && URL.parse(callbackUrl, expected);
  if (!came) throw refused('the answer is none');
  // Each provider has an address of its own: an answer at another's is another's (RFC 9700, 4.4.2).
  if (came.pathname !== expected.pathname) throw refused('the answer came to another address');
  expected.search = came.search;
  return expected;
}

/** Takes the code in; who the verified ID token speaks of. */
async function grant(
  configuration: Configuration,
  answer: URL,
  { state, nonce, codeVerifier }: PendingSignIn,
): Promise<object> {
  const checks = {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
  };
  try {
    const claims = (await authorizationCodeGrant(configuration, answer, checks)).claims();
    if (claims !== undefined) return claims;
  } catch (error) {
    throw finishError(error);
  }
  throw refused('no ID token');
}

class OidcSignIn implements Oidc {
  readonly #known: ReadonlyMap<string, Known>;

  constructor({ providers, timeoutMs, allowLoopbackHttp = false }: OidcOptions) {
    checkProviders(providers, allowLoopbackHttp);
    const rules = { timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS, allowLoopbackHttp };
    this.#known = new Map(
      providers.map((provider) => {
        const configuration = new ProviderConfiguration(provider, {
          ...rules,
          tlsCa: provider.tlsCa,
        });
        return [provider.name, { provider, configuration }];
      }),
    );
  }

  get providers(): readonly string[] {
    return [...this.#known.keys()];
  }

  async begin(name: string): Promise<{ readonly url: string; readonly pending: PendingSignIn }> {
    const { provider, configuration } = this.#find(name);
    const found = await configuration.get();
    const pending = {
      provider: name,
      state: randomState(),
      nonce: randomNonce(),
      codeVerifier: randomPKCECodeVerifier(),
      expiresAtMs: Date.now() + PENDING_MS,
    };
    const url = buildAuthorizationUrl(found, {
      redirect_uri: new URL(provider.redirectUri).href,
      scope: (provider.scopes ?? DEFAULT_SCOPES).join(' '),
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await calculatePKCECodeChallenge(pending.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, pending };
  }

  async finish(pending: PendingSignIn, callbackUrl: string): Promise<OidcIdentity> {
    const { provider, configuration } = this.#find(pending.provider);
    checkPending(pending, Date.now());
    const answer = answerAt(provider.redirectUri, callbackUrl);
    const claims = await grant(await configuration.get(), answer, pending);
    const stated = { sub: undefined, iat: undefined, ...claims };
    const subject = checkClaims(stated, provider.clientId, Date.now() / 1000);
    return {
      provider: provider.name,
      issuer: provider.issuer,
      subject,
      name: nameOf(stated, subject),
      roles: rolesOf(claims, provider.rolesClaim, provider.roles),
    };
  }

  #find(name: string): Known {
    const known = this.#known.get(name);
    if (known === undefined) throw refused('no provider of that name is configured');
    return known;
  }
}

/**
 * Sign-in through the providers given. Nobody is asked before somebody signs in.
 *
 * @throws SealstreamError CONFIG_INVALID when a provider's settings do not hold
 */
export function openOidc(options: OidcOptions): Oidc {
  return new OidcSignIn(options);
}
