import type { Purpose } from '@sealstream/contracts';
import type { KeyHandle, WrapContext } from '@sealstream/crypto';

/**
 * Who wraps and unwraps wrapping keys, and nothing else: key files, a KMS, an HSM. One call for a
 * keyset, however many keys it has. What another provider must do is written down as tests, in
 * test/provider-conformance.ts.
 *
 * Errors: KEYSET_UNREADABLE when the blob is not one that this key made for this purpose and
 * context; KEY_PROVIDER_AWAY when nobody answers, so that waiting may help; KEY_PROVIDER_REFUSED
 * (key files: KEY_FILE_*) when somebody must change something. None of them holds a key, a PIN, a
 * credential, or a word that came from outside.
 */
export interface OutermostKeys {
  /** The purposes that this process may unwrap. */
  readonly purposes: readonly Purpose[];
  /** Throws when the key of one of the purposes is not there or not as it should be. */
  check(): Promise<void>;
  /**
   * Wraps the 32 bytes of a key, bound to purpose and context. The slot is the caller's: it is not
   * kept and not changed.
   */
  wrap(purpose: Purpose, context: WrapContext, slot: Buffer): Promise<Buffer>;
  /** Unwraps into the caller's slot, which is zero when this throws. */
  unwrap(purpose: Purpose, context: WrapContext, wrapped: Buffer, slot: Buffer): Promise<KeyHandle>;
}
