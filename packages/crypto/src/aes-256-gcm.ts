import { createCipheriv, createDecipheriv } from 'node:crypto';
import { bytesOf, type KeyHandle } from './key-handle.ts';

/*
 * AES-256-GCM (NIST SP 800-38D) over node:crypto. OpenSSL copies the key into memory of its own
 * for the time of the call; SECURITY.md names that exception.
 */

/** Bytes of its nonce. So short a one must be counted: see the use counts of the keyring. */
export const GCM_NONCE_BYTES = 12;
const GCM_TAG_BYTES = 16;
const OPTIONS = { authTagLength: GCM_TAG_BYTES } as const;

/** Fills `sealed`, 16 bytes longer than `plain`, with ciphertext and tag. */
export function gcmSeal(
  sealed: Buffer,
  plain: Buffer,
  associated: Buffer,
  nonce: Buffer,
  key: KeyHandle,
): void {
  const cipher = createCipheriv('aes-256-gcm', bytesOf(key), nonce, OPTIONS);
  cipher.setAAD(associated);
  sealed.set(cipher.update(plain), 0);
  cipher.final();
  sealed.set(cipher.getAuthTag(), plain.length);
}

/** Opens `sealed` into `plain`, 16 bytes shorter. False, with `plain` zeroed, when not authentic. */
export function gcmOpen(
  plain: Buffer,
  sealed: Buffer,
  associated: Buffer,
  nonce: Buffer,
  key: KeyHandle,
): boolean {
  const cipher = createDecipheriv('aes-256-gcm', bytesOf(key), nonce, OPTIONS);
  cipher.setAAD(associated);
  cipher.setAuthTag(sealed.subarray(plain.length));
  const opened = cipher.update(sealed.subarray(0, plain.length));
  try {
    cipher.final();
    plain.set(opened, 0);
    return true;
  } catch {
    plain.fill(0);
    return false;
  } finally {
    opened.fill(0);
  }
}
