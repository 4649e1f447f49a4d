import { SealstreamError } from '@sealstream/contracts';

/**
 * What must be kept for one browser from `begin` to `finish`, and nobody else may see: on the server
 * under a random cookie, or sealed in a cookie. It is plain JSON. Whoever takes it out to finish must
 * delete it first, so that it serves once.
 */
export interface PendingSignIn {
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636. */
  readonly codeVerifier: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** How long somebody may take at the provider. */
export const PENDING_MS = 600_000;

const WORD = /^[\w-]{43,128}$/;

/**
 * Checks what the caller kept: it may have been lost, cut or made up.
 *
 * @throws SealstreamError SIGN_IN_REFUSED when it is not of the form that `begin` gives, or its time is over
 */
export function checkPending(pending: PendingSignIn, nowMs: number): void {
  const { state, nonce, codeVerifier, expiresAtMs } = pending;
  // Precondition: state, nonce and verifier each hold 256 bits of chance.
  if (![state, nonce, codeVerifier].every((word) => typeof word === 'string' && WORD.test(word)))
    throw new SealstreamError('SIGN_IN_REFUSED', { reason: 'no sign-in was begun' });
  // Precondition: somebody begins and finishes within ten minutes. A time beyond them was not given by us.
  const leftMs = Number.isSafeInteger(expiresAtMs) ? expiresAtMs - nowMs : 0;
  if (leftMs <= 0 || leftMs > PENDING_MS)
    throw new SealstreamError('SIGN_IN_REFUSED', { reason: 'it took too long' });
}
