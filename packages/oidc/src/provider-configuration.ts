import { SealstreamError } from '@sealstream/contracts';
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import { CLOCK_TOLERANCE_S } from './id-token-rules.ts';
import { isAllowed, type OidcProvider } from './oidc-provider.ts';
import { providerFetch, type RequestRules } from './provider-request.ts';
import { discoveryError } from './sign-in-errors.ts';

/** How long what a provider says of itself is believed. */
const FRESH_MS = 3_600_000;
/** How long a provider that could not be asked is not asked again: whoever signs in needs no permission. */
const FAILED_MS = 5_000;

const refused = (reason: string) => new SealstreamError('OIDC_REFUSED', { reason });

/** By the header where the provider takes it, which it must unless it says otherwise (RFC 8414, 2). */
function authentication({ clientSecret }: OidcProvider): ClientAuth {
  const basic = ClientSecretBasic(clientSecret);
  const post = ClientSecretPost(clientSecret);
  return (server, client, body, headers) => {
    const known = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    if (known.includes('client_secret_basic')) basic(server, client, body, headers);
    else if (known.includes('client_secret_post')) post(server, client, body, headers);
    else throw refused('its token endpoint takes no client secret');
  };
}

/** Holds what the provider says of itself against what is configured. */
function check(configuration: Configuration, issuer: string, allowLoopbackHttp: boolean): void {
  const said = configuration.serverMetadata();
  // The library compares addresses, and takes another issuer from some providers: here texts must be equal.
  if (said.issuer !== issuer) throw refused('its discovery document names another issuer');
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    const address = said[name];
    if (typeof address !== 'string' || !isAllowed(address, allowLoopbackHttp))
      throw refused(`its ${name} is missing or without TLS`);
  }
  const methods = said.code_challenge_methods_supported;
  if (methods !== undefined && !methods.includes('S256')) throw refused('it has no PKCE with S256');
}

async function discover(provider: OidcProvider, rules: RequestRules): Promise<Configuration> {
  const metadata = {
    id_token_signed_response_alg: provider.algorithm ?? 'RS256',
    [clockTolerance]: CLOCK_TOLERANCE_S,
  };
  // Off, the library verifies no signature of what came by TLS; and every address is held to by us.
  const execute = [enableNonRepudiationChecks, allowInsecureRequests];
  const { issuer, clientId } = provider;
  const options = {
    execute,
    timeout: Math.ceil(rules.timeoutMs / 1000) + 1,
    [customFetch]: providerFetch(rules),
  };
  const server = new URL(issuer);
  const found = await discovery(
    server,
    clientId,
    metadata,
    authentication(provider),
    options,
  ).catch((error: unknown) => {
    throw discoveryError(error);
  });
  check(found, issuer, rules.allowLoopbackHttp);
  return found;
}

/** What one provider says of itself, asked for when it is wanted and then remembered for an hour. */
export class ProviderConfiguration {
  readonly #provider: OidcProvider;
  readonly #rules: RequestRules;
  #found: Promise<Configuration> | undefined;
  #untilMs = 0;

  constructor(provider: OidcProvider, rules: RequestRules) {
    this.#provider = provider;
    this.#rules = rules;
  }

  /**
   * Whoever asks while it is being asked for waits for the same answer.
   *
   * @throws SealstreamError OIDC_UNREACHABLE and OIDC_REFUSED
   */
  get(): Promise<Configuration> {
    const nowMs = performance.now();
    if (this.#found !== undefined && nowMs < this.#untilMs) return this.#found;
    const found = discover(this.#provider, this.#rules);
    this.#found = found;
    this.#untilMs = nowMs + FRESH_MS;
    found.catch(() => {
      if (this.#found === found) this.#untilMs = performance.now() + FAILED_MS;
    });
    return found;
  }
}
