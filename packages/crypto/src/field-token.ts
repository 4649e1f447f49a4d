import { decodedLength, isBase64urlCharacter } from './base64url.ts';
import { NONCE_BYTES } from './nonce-source.ts';
import { TAG_BYTES } from './xchacha20-poly1305.ts';

/*
 * The text form of a sealed field: `ss1:<key id>:<body>`. The grammar stands in
 * docs/wire-format.md; this file holds its fixed places and nothing that needs a key.
 */

/** First part of a token and of its associated data. */
export const TOKEN_VERSION = 'ss1';
export const KEY_ID_CHARACTERS = 12;
/** Where the key id begins, and where the colon after it stands. */
const ID_AT = TOKEN_VERSION.length + 1;
const COLON_AT = ID_AT + KEY_ID_CHARACTERS;
/** Where the body begins. */
export const BODY_AT = COLON_AT + 1;
/** Bytes of a token's body besides the padded plaintext. */
export const BODY_OVERHEAD = NONCE_BYTES + TAG_BYTES;
/** The smallest block that a plaintext is padded to. */
const BLOCK_MIN = 16;
/** Largest padded plaintext that a reader takes on; far above what Kafka carries by default. */
export const BLOCK_MAX = 16 * 1024 * 1024;

const COLON = 0x3a;
const LETTER_S = 0x73;
const DIGIT_1 = 0x31;
const DIGIT_9 = 0x39;

/** Whether this is 12 base64url characters. */
export function isKeyId(text: string): boolean {
  return /^[A-Za-z0-9_-]{12}$/.test(text);
}

/**
 * Whether `bytes[start, end)` begins as a field token does: `ss`, a digit from 1 to 9, a colon,
 * 12 base64url characters, a colon. What follows may still be malformed. Later versions count too,
 * so that nobody plants today what a later reader would open.
 */
export function looksLikeToken(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): boolean {
  if (end - start < BODY_AT || bytes[start] !== LETTER_S || bytes[start + 1] !== LETTER_S)
    return false;
  const digit = bytes[start + 2] ?? 0;
  if (digit < DIGIT_1 || digit > DIGIT_9 || bytes[start + 3] !== COLON) return false;
  if (bytes[start + COLON_AT] !== COLON) return false;
  for (let i = start + ID_AT; i < start + COLON_AT; i++)
    if (!isBase64urlCharacter(bytes[i])) return false;
  return true;
}

/** What is wrong with a token's outer form, or undefined when nothing is. */
export function tokenFault(token: Uint8Array): 'prefix' | 'version' | 'length' | undefined {
  if (!looksLikeToken(token)) return 'prefix';
  if (token[2] !== DIGIT_1) return 'version';
  const bytes = decodedLength(token.length - BODY_AT);
  if (bytes < BODY_OVERHEAD + BLOCK_MIN || bytes > BODY_OVERHEAD + BLOCK_MAX) return 'length';
  return undefined;
}

/** The key id of a token whose form was checked. */
export function tokenKeyId(token: Uint8Array): string {
  let id = '';
  for (let i = ID_AT; i < COLON_AT; i++) id += String.fromCharCode(token[i]);
  return id;
}
