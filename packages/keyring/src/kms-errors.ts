import type { ErrorCode, ErrorPlace } from '@sealstream/contracts';
import { SealstreamError } from '@sealstream/contracts';

/**
 * What the exceptions of KMS mean to us. Source: AWS KMS API Reference, Decrypt, Encrypt,
 * DescribeKey and "Common Errors".
 */
const CODES: Readonly<Record<string, ErrorCode>> = {
  InvalidCiphertextException: 'KEYSET_UNREADABLE',
  IncorrectKeyException: 'KEYSET_UNREADABLE',
  AccessDeniedException: 'KEY_PROVIDER_REFUSED',
  DisabledException: 'KEY_PROVIDER_REFUSED',
  KMSInvalidStateException: 'KEY_PROVIDER_REFUSED',
  NotFoundException: 'KEY_PROVIDER_REFUSED',
  InvalidArnException: 'KEY_PROVIDER_REFUSED',
  InvalidKeyUsageException: 'KEY_PROVIDER_REFUSED',
  UnrecognizedClientException: 'KEY_PROVIDER_REFUSED',
  InvalidSignatureException: 'KEY_PROVIDER_REFUSED',
  ExpiredTokenException: 'KEY_PROVIDER_REFUSED',
  CredentialsProviderError: 'KEY_PROVIDER_REFUSED',
  KeyUnavailableException: 'KEY_PROVIDER_AWAY',
  DependencyTimeoutException: 'KEY_PROVIDER_AWAY',
  KMSInternalException: 'KEY_PROVIDER_AWAY',
  ThrottlingException: 'KEY_PROVIDER_AWAY',
  LimitExceededException: 'KEY_PROVIDER_AWAY',
  TimeoutError: 'KEY_PROVIDER_AWAY',
  AbortError: 'KEY_PROVIDER_AWAY',
};

const TOO_MANY_REQUESTS = 429;
const SERVER_FAILED = 500;
/** Codes of Node and OpenSSL for a connection that failed: ECONNREFUSED, CERT_HAS_EXPIRED. */
const CONNECTION_CODE = /^[A-Z][A-Z0-9_]{2,60}$/;

/**
 * An error of ours for one of the KMS client, which may quote anything and so goes no further: the
 * reason is a word of the table above, the code of a failed connection, or an HTTP status.
 */
export function kmsError(thrown: unknown, place: ErrorPlace): SealstreamError {
  const { name, code, $metadata } = thrown as {
    readonly name?: string;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const known = name === undefined || !Object.hasOwn(CODES, name) ? undefined : CODES[name];
  if (known !== undefined) return new SealstreamError(known, { ...place, reason: name });
  const status = $metadata?.httpStatusCode;
  if (status !== undefined) {
    const isAway = status >= SERVER_FAILED || status === TOO_MANY_REQUESTS;
    const answered = isAway ? 'KEY_PROVIDER_AWAY' : 'KEY_PROVIDER_REFUSED';
    return new SealstreamError(answered, { ...place, httpStatus: status });
  }
  if (typeof code === 'string' && CONNECTION_CODE.test(code))
    return new SealstreamError('KEY_PROVIDER_AWAY', { ...place, reason: code });
  // What the client refuses before it asks anybody, as without a region.
  return new SealstreamError('KEY_PROVIDER_REFUSED', {
    ...place,
    reason: 'settings of the client',
  });
}
