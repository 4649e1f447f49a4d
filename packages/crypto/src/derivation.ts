import type { Purpose } from '@sealstream/contracts';
import { SealstreamError } from '@sealstream/contracts';
import sodium from 'sodium-native';
import { bytesOf, KEY_BYTES, type KeyHandle, keyHandle } from './key-handle.ts';
import { lengthPrefixed } from './length-prefixed.ts';

/** What fields can be sealed with. */
export const FIELD_ALGORITHMS = [
  'xchacha20-poly1305',
  'aes-256-gcm',
  'xchacha20-poly1305-siv',
  'fernet',
] as const;
export type FieldAlgorithm = (typeof FIELD_ALGORITHMS)[number];

/** What a key is used with; a key id names one algorithm, in its keyset and nowhere else. */
export type Algorithm = FieldAlgorithm | 'blake2b-128' | 'aes-256-ff1' | 'x25519';

/** The form of what is made with the key: one key never serves two forms. */
export type Format =
  | 'field-token'
  | 'synthetic-nonce'
  | 'jwe'
  | 'fernet'
  | 'sealed-record'
  | 'sealed-to-public'
  | 'keyed-hash'
  | 'format-preserving'
  | 'vault-digest'
  | 'vault-row';

/**
 * One use of a stored key. `dataset` is the dataset's name in the policy; `path` is the path
 * pattern as the policy writes it, or empty when the use is not for one field.
 */
export interface KeyUse {
  readonly purpose: Purpose;
  readonly algorithm: Algorithm;
  readonly format: Format;
  readonly dataset: string;
  readonly path: string;
}

/** First part of every derivation. */
const DERIVATION = 'sealstream/v1';

/** The message that is hashed under the stored key; published in docs/wire-format.md. */
export function derivationInput(use: KeyUse): Buffer {
  return lengthPrefixed([
    DERIVATION,
    use.purpose,
    use.algorithm,
    use.format,
    use.dataset,
    use.path,
  ]);
}

/**
 * Derives the key of one use: keyed BLAKE2b-256 (RFC 7693) of the use under the stored key.
 *
 * @param slot 32 bytes that the caller owns; the derived key is written there.
 * @returns a handle over `slot`.
 */
export function deriveKey(stored: KeyHandle, use: KeyUse, slot: Buffer): KeyHandle {
  // Precondition: a derived key goes into a slot of 32 bytes.
  if (slot.length !== KEY_BYTES) throw new SealstreamError('INTERNAL', { slot: slot.length });
  sodium.crypto_generichash(slot, derivationInput(use), bytesOf(stored));
  return keyHandle(slot);
}
