import { SealstreamError } from '@sealstream/contracts';

/** How far the clocks of a provider and of this machine may be apart. */
export const CLOCK_TOLERANCE_S = 30;
/** An ID token is made when its code is taken in, and so is no older than a request takes. */
const AGE_S_MAX = 300;
/** OpenID Connect Core 1.0, 2. */
const SUBJECT_LENGTH_MAX = 255;
const NAME_LENGTH_MAX = 200;

/** As much of an ID token as is looked at here, as it came. */
export interface IdTokenClaims {
  readonly sub: unknown;
  readonly iat: unknown;
  readonly azp?: unknown;
  readonly preferred_username?: unknown;
  readonly name?: unknown;
}

const refused = (claim: string) => new SealstreamError('SIGN_IN_REFUSED', { claim });

/**
 * What the standard leaves open and the library does not ask (OpenID Connect Core 1.0, 3.1.3.7): who the
 * token was made for, when, and that the subject is one. The library checked all else before.
 *
 * @throws SealstreamError SIGN_IN_REFUSED naming the claim
 */
export function checkClaims(claims: IdTokenClaims, clientId: string, nowS: number): string {
  const { azp, iat, sub } = claims;
  if (azp !== undefined && azp !== clientId) throw refused('azp');
  if (typeof iat !== 'number' || iat > nowS + CLOCK_TOLERANCE_S) throw refused('iat');
  if (iat < nowS - AGE_S_MAX - CLOCK_TOLERANCE_S) throw refused('iat');
  if (typeof sub !== 'string' || sub === '' || sub.length > SUBJECT_LENGTH_MAX)
    throw refused('sub');
  return sub;
}

/** What to call somebody on a page or in a log; it may change, and two may have the same. */
export function nameOf({ preferred_username, name }: IdTokenClaims, subject: string): string {
  const fits = (text: unknown): text is string =>
    typeof text === 'string' &&
    text.length <= NAME_LENGTH_MAX &&
    /^[^\p{C}\p{Z}][^\p{C}]*$/u.test(text);
  return [preferred_username, name].find(fits) ?? subject;
}
