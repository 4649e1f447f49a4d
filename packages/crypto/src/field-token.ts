import { decodedLength, isBase64urlCharacter } from './base64url.ts';
import { BLOCK_MAX, BLOCK_MIN } from './typed-block.ts';

/*
 * The text form of a sealed field, `ss1:<key id>:<body>`, and its binary form. The grammar stands in
 * docs/wire-format.md; this file holds its fixed places and nothing that needs a key.
 */

/** First part of a token and of its associated data. */
export const TOKEN_VERSION = 'ss1';
export const KEY_ID_CHARACTERS = 12;
/** A key id as bytes: 12 base64url characters hold exactly as many. */
const KEY_ID_BYTES = 9;
/** Where the key id begins, and where the colon after it stands. */
const ID_AT = TOKEN_VERSION.length + 1;
const COLON_AT = ID_AT + KEY_ID_CHARACTERS;
/** Where the body begins. */
export const BODY_AT = COLON_AT + 1;
/** The same in the binary form: `ss`, 0x01, the key id's bytes, the body. */
const BINARY_ID_AT = 3;
export const BINARY_BODY_AT = BINARY_ID_AT + KEY_ID_BYTES;

const COLON = 0x3a;
const LETTER_S = 0x73;
const LETTER_F = 0x66;
const DIGIT_1 = 0x31;
const DIGIT_9 = 0x39;
const BINARY_VERSION = 1;
const BINARY_VERSION_MAX = 9;

/** Whether this is 12 base64url characters. */
export function isKeyId(text: string): boolean {
  return /^[A-Za-z0-9_-]{12}$/.test(text);
}

/**
 * Whether `bytes[start, end)` begins as a token does: `ss`, then a digit from 1 to 9 (or f: a Fernet
 * token), a colon, 12 base64url characters, a colon. What follows may still be malformed. Later
 * versions count too, so that nobody plants today what a later reader would open.
 */
export function beginsAsToken(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < BODY_AT || bytes[start] !== LETTER_S || bytes[start + 1] !== LETTER_S)
    return false;
  const version = bytes[start + 2] ?? 0;
  const isVersion = (version >= DIGIT_1 && version <= DIGIT_9) || version === LETTER_F;
  if (!isVersion || bytes[start + 3] !== COLON) return false;
  if (bytes[start + COLON_AT] !== COLON) return false;
  for (let i = start + ID_AT; i < start + COLON_AT; i++)
    if (!isBase64urlCharacter(bytes[i])) return false;
  return true;
}

/** Whether `bytes` begin as the binary form of a token does, of this version or a later one. */
export function beginsAsBinaryToken(bytes: Uint8Array): boolean {
  const version = bytes[2] ?? 0;
  return (
    bytes.length >= BINARY_BODY_AT &&
    bytes[0] === LETTER_S &&
    bytes[1] === LETTER_S &&
    version >= BINARY_VERSION &&
    version <= BINARY_VERSION_MAX
  );
}

/** What of a token is not as it should be. */
export type TokenFault = 'prefix' | 'version' | 'length' | 'body';

/**
 * What is wrong with a token's outer form, or undefined when nothing is.
 *
 * @param overhead bytes of the body besides the block: nonce and tag
 */
export function tokenFault(token: Uint8Array, overhead: number): TokenFault | undefined {
  if (!beginsAsToken(token, 0, token.length)) return 'prefix';
  if (token[2] !== DIGIT_1) return 'version';
  return bodyFault(decodedLength(token.length - BODY_AT), overhead);
}

/** The same for the binary form. */
export function binaryTokenFault(token: Uint8Array, overhead: number): TokenFault | undefined {
  if (!beginsAsBinaryToken(token)) return 'prefix';
  if (token[2] !== BINARY_VERSION) return 'version';
  return bodyFault(token.length - BINARY_BODY_AT, overhead);
}

function bodyFault(bodyBytes: number, overhead: number): TokenFault | undefined {
  const block = bodyBytes - overhead;
  return block < BLOCK_MIN || block > BLOCK_MAX ? 'length' : undefined;
}

/** Whether a token whose form was checked names this key id. */
export function namesKey(token: Uint8Array, id: string): boolean {
  for (let i = 0; i < KEY_ID_CHARACTERS; i++)
    if (token[ID_AT + i] !== id.charCodeAt(i)) return false;
  return true;
}

/** The key id of a token whose form was checked. */
export function tokenKeyId(token: Uint8Array): string {
  let id = '';
  for (let i = ID_AT; i < COLON_AT; i++) id += String.fromCharCode(token[i]);
  return id;
}

/** The same for the binary form. */
export function binaryTokenKeyId(token: Uint8Array): string {
  return Buffer.from(token.subarray(BINARY_ID_AT, BINARY_BODY_AT)).toString('base64url');
}

/** What stands before the body under one key id, in the text form. */
export function tokenPrefix(id: string): Buffer {
  return Buffer.from(`${TOKEN_VERSION}:${id}:`, 'latin1');
}

/** The same for the binary form. */
export function binaryTokenPrefix(id: string): Buffer {
  return Buffer.concat([
    Buffer.from([LETTER_S, LETTER_S, BINARY_VERSION]),
    Buffer.from(id, 'base64url'),
  ]);
}
