import { type ErrorPlace, SealstreamError } from '@sealstream/contracts';

/** What somebody must mend. Source: PKCS#11 Base Specification 3.0, section 5.1. */
const REFUSALS: ReadonlySet<string> = new Set([
  'CKR_ACTION_PROHIBITED',
  'CKR_ARGUMENTS_BAD',
  'CKR_CURVE_NOT_SUPPORTED',
  'CKR_FUNCTION_NOT_SUPPORTED',
  'CKR_KEY_FUNCTION_NOT_PERMITTED',
  'CKR_KEY_SIZE_RANGE',
  'CKR_KEY_TYPE_INCONSISTENT',
  'CKR_MECHANISM_INVALID',
  'CKR_MECHANISM_PARAM_INVALID',
  'CKR_PIN_EXPIRED',
  'CKR_PIN_INCORRECT',
  'CKR_PIN_INVALID',
  'CKR_PIN_LEN_RANGE',
  'CKR_PIN_LOCKED',
  'CKR_PIN_TOO_WEAK',
  'CKR_USER_PIN_NOT_INITIALIZED',
  'CKR_USER_TYPE_INVALID',
]);

/**
 * What a device may answer to bytes that do not open. SoftHSM says CKR_GENERAL_ERROR, which is also
 * what a device says that fails: so it is asked again before this is believed.
 */
const UNOPENED: ReadonlySet<string> = new Set([
  'CKR_AEAD_DECRYPT_FAILED',
  'CKR_DATA_INVALID',
  'CKR_DATA_LEN_RANGE',
  'CKR_ENCRYPTED_DATA_INVALID',
  'CKR_ENCRYPTED_DATA_LEN_RANGE',
  'CKR_FUNCTION_FAILED',
  'CKR_GENERAL_ERROR',
  'CKR_SIGNATURE_INVALID',
]);

/** Their own name of what went wrong, CKR_…; any other text of the library goes no further. */
function nameOf(thrown: unknown): string | undefined {
  const message = thrown instanceof Error ? thrown.message : '';
  return /^CKR_[A-Z0-9_]{2,50}$/.test(message) ? message : undefined;
}

/** An error of ours for one of the library: refused when it is known to be, else away. */
export function deviceError(thrown: unknown, place: ErrorPlace): SealstreamError {
  if (thrown instanceof SealstreamError) return thrown;
  const reason = nameOf(thrown);
  const isRefusal = reason !== undefined && REFUSALS.has(reason);
  const code = isRefusal ? 'KEY_PROVIDER_REFUSED' : 'KEY_PROVIDER_AWAY';
  return new SealstreamError(code, { ...place, reason });
}

/** Whether a failed C_Decrypt may mean that the bytes are not what this key sealed. */
export function mayBeUnopened(thrown: unknown): boolean {
  return UNOPENED.has(nameOf(thrown) ?? '');
}

/** Whether the token refused the PIN itself, so that asking again would use up its tries. */
export function isPinRefused(thrown: unknown): boolean {
  return /^CKR_PIN_(INCORRECT|INVALID|LEN_RANGE|LOCKED)$/.test(nameOf(thrown) ?? '');
}
