import sodium from 'sodium-native';
import { bytesOf, type KeyHandle } from './key-handle.ts';

/** Bytes of a Poly1305 tag, which follows the ciphertext. */
export const TAG_BYTES = 16;

/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): fills `sealed` with ciphertext and tag.
 * `sealed` is 16 bytes longer than `plain`.
 */
export function aeadSeal(
  sealed: Buffer,
  plain: Buffer,
  associated: Buffer,
  nonce: Buffer,
  key: KeyHandle,
): void {
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    sealed,
    plain,
    associated,
    null,
    nonce,
    bytesOf(key),
  );
}

/** Opens `sealed` into `plain`, 16 bytes shorter. False when it is not authentic. */
export function aeadOpen(
  plain: Buffer,
  sealed: Buffer,
  associated: Buffer,
  nonce: Buffer,
  key: KeyHandle,
): boolean {
  const bytes = bytesOf(key);
  try {
    const read: unknown = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      plain,
      null,
      sealed,
      associated,
      nonce,
      bytes,
    );
    // The binding reports a bad tag by throwing; the length is checked too, should that change.
    return read === plain.length;
  } catch {
    return false;
  }
}
