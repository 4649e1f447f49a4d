import { SealstreamError } from '@sealstream/contracts';
import {
  AuthorizationResponseError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';

/** Causes lie in one another so many deep at most. */
const DEPTH_MAX = 5;

/** Codes of the library for a document or an answer that is not what its standard says. */
const DOCUMENT_CODES: Readonly<Record<string, string>> = {
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'an answer with another status',
  OAUTH_RESPONSE_IS_NOT_JSON: 'an answer of another type',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'an address without TLS',
  OAUTH_REQUEST_PROTOCOL_FORBIDDEN: 'an address without TLS',
  OAUTH_MISSING_SERVER_METADATA: 'its discovery document lacks an address',
  OAUTH_INVALID_SERVER_METADATA: 'its discovery document has an address that is none',
};

/** Claims by which the library refuses; their names go into errors, what they hold never does. */
const CLAIMS = new Set(['iss', 'aud', 'azp', 'nonce', 'exp', 'nbf', 'iat', 'sub']);

/** What the library's own fixed texts speak of. Tests hold each, so that another text is noticed. */
const SUBJECTS: readonly (readonly [RegExp, string])[] = [
  [/signature verification failed/, 'signature'],
  [/"alg"|JWS algorithm/, 'algorithm'],
  [/"crit"/, 'critical header'],
  [/"state"/, 'state'],
  [/"iss" \(issuer\)/, 'issuer of the answer'],
  [/"nonce" \(nonce\) claim missing/, 'nonce'],
];

interface Link {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly claim?: unknown;
  readonly cause?: unknown;
}

/** An error and what caused it, from the outermost. */
function chainOf(error: unknown): Link[] {
  const chain: Link[] = [];
  let at = error;
  for (let depth = 0; depth < DEPTH_MAX && typeof at === 'object' && at !== null; depth += 1) {
    chain.push(at);
    at = (at as Link).cause;
  }
  return chain;
}

const refusedBy = (reason: string) => new SealstreamError('OIDC_REFUSED', { reason });

/** A foreign error of asking a provider what it says of itself. */
export function discoveryError(error: unknown): SealstreamError {
  const chain = chainOf(error);
  const ours = chain.find((one) => one instanceof SealstreamError);
  if (ours !== undefined) return ours;
  if (chain.some(({ code }) => code === 'OAUTH_TIMEOUT'))
    return new SealstreamError('OIDC_UNREACHABLE', { reason: 'no answer in time' });
  if (chain.some(({ code }) => code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED'))
    return refusedBy('its discovery document names another issuer');
  const said = chain.map(({ code }) => DOCUMENT_CODES[String(code)]);
  return refusedBy(said.find((one) => one !== undefined) ?? 'its discovery document is none');
}

/** What a provider's own error words (RFC 6749, 4.1.2.1 and 5.2) mean to who signs in. */
function saidError(word: string): SealstreamError {
  switch (word) {
    case 'server_error':
    case 'temporarily_unavailable':
      return new SealstreamError('OIDC_UNREACHABLE', { reason: 'it says so itself' });
    case 'invalid_grant':
      return new SealstreamError('SIGN_IN_REFUSED', { reason: 'the code does not count' });
    case 'access_denied':
    case 'login_required':
    case 'interaction_required':
    case 'consent_required':
      return new SealstreamError('SIGN_IN_REFUSED', { reason: 'the provider did not let them in' });
    case 'invalid_client':
      return refusedBy('client id or secret');
    default:
      return refusedBy('it refuses this client');
  }
}

/** A foreign error of finishing a sign-in. Nothing of its words goes further. */
export function finishError(error: unknown): SealstreamError {
  const chain = chainOf(error);
  const ours = chain.find((one) => one instanceof SealstreamError);
  if (ours !== undefined) return ours;
  for (const one of chain) {
    if (one instanceof AuthorizationResponseError || one instanceof ResponseBodyError)
      return saidError(one.error);
    if (one instanceof WWWAuthenticateChallengeError) return saidError('invalid_client');
    const said = DOCUMENT_CODES[String(one.code)];
    if (said !== undefined) return refusedBy(said);
    if (one.code === 'OAUTH_TIMEOUT')
      return new SealstreamError('OIDC_UNREACHABLE', { reason: 'no answer in time' });
    if (one.code === 'OAUTH_KEY_SELECTION_FAILED')
      return new SealstreamError('SIGN_IN_REFUSED', { reason: 'no such key' });
  }
  const claim = chain.map((one) => String(one.claim)).find((name) => CLAIMS.has(name));
  if (claim !== undefined) return new SealstreamError('SIGN_IN_REFUSED', { claim });
  const texts = chain.map(({ message }) => String(message));
  const [, reason] = SUBJECTS.find(([form]) => texts.some((text) => form.test(text))) ?? [];
  return new SealstreamError('SIGN_IN_REFUSED', { reason: reason ?? 'not as the standard has it' });
}
