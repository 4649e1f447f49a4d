import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { bytesOf, type KeyHandle } from './key-handle.ts';

/*
 * Fernet tokens (github.com/fernet/spec) as bytes: version 0x80, time, IV, AES-128-CBC, HMAC-SHA-256.
 * The first half of the key signs, the second enciphers. OpenSSL copies both for the time of a call.
 */

const VERSION = 0x80;
const TIME_AT = 1;
const IV_AT = 9;
export const IV_BYTES = 16;
const CIPHERTEXT_AT = IV_AT + IV_BYTES;
const MAC_BYTES = 32;
const HALF_KEY = 16;
const BLOCK_BYTES = 16;

/** Seals bytes. @param iv 16 bytes, never used twice. @param seconds since 1970 */
export function sealFernet(key: KeyHandle, seconds: number, iv: Buffer, plain: Buffer): Buffer {
  const head = Buffer.alloc(CIPHERTEXT_AT);
  head[0] = VERSION;
  head.writeBigUInt64BE(BigInt(seconds), TIME_AT);
  head.set(iv, IV_AT);
  const secret = bytesOf(key);
  const cipher = createCipheriv('aes-128-cbc', secret.subarray(HALF_KEY), iv);
  const signed = Buffer.concat([head, cipher.update(plain), cipher.final()]);
  return Buffer.concat([signed, mac(secret, signed)]);
}

/** Whether bytes can be a token by their version and length. */
export function isFernetForm(token: Buffer): boolean {
  const ciphertext = token.length - CIPHERTEXT_AT - MAC_BYTES;
  return token[0] === VERSION && ciphertext >= BLOCK_BYTES && ciphertext % BLOCK_BYTES === 0;
}

/**
 * Opens a token of the right form: authenticates first, then deciphers. Undefined when it is not
 * authentic. The time in it is not looked at.
 */
export function openFernet(key: KeyHandle, token: Buffer): Buffer | undefined {
  const secret = bytesOf(key);
  const signed = token.subarray(0, token.length - MAC_BYTES);
  if (!timingSafeEqual(mac(secret, signed), token.subarray(signed.length))) return undefined;
  const iv = token.subarray(IV_AT, CIPHERTEXT_AT);
  const cipher = createDecipheriv('aes-128-cbc', secret.subarray(HALF_KEY), iv);
  try {
    return Buffer.concat([cipher.update(signed.subarray(CIPHERTEXT_AT)), cipher.final()]);
  } catch {
    return undefined;
  }
}

/** Fernet's text is base64url that keeps its padding. */
export function fernetText(token: Buffer): string {
  return token.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function mac(secret: Buffer, signed: Buffer): Buffer {
  return createHmac('sha256', secret.subarray(0, HALF_KEY)).update(signed).digest();
}
