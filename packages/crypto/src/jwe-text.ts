import { decodedLength, isBase64urlCharacter } from './base64url.ts';

/*
 * The one JWE that Sealstream makes and opens (RFC 7516, compact): alg dir, enc A256GCM, the key id
 * as kid, in a header of exactly these bytes. Any other header is refused, so that no algorithm is
 * ever taken from a token.
 *
 *     header (67) .. iv (16) . ciphertext . tag (22)
 */

const HEADER_BEGIN = Buffer.from(
  Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"').toString('base64url'),
);
const ID_AT = HEADER_BEGIN.length;
/** 12 characters in base64url once more. */
const ENCODED_ID_CHARACTERS = 16;
const HEADER_END = Buffer.from('In0');
export const HEADER_CHARACTERS = ID_AT + ENCODED_ID_CHARACTERS + HEADER_END.length;
const DOT = 0x2e;
const IV_CHARACTERS = 16;
const TAG_CHARACTERS = 22;
export const IV_AT = HEADER_CHARACTERS + 2;
export const CIPHERTEXT_AT = IV_AT + IV_CHARACTERS + 1;
/** Characters besides the ciphertext. */
export const JWE_OVERHEAD = CIPHERTEXT_AT + 1 + TAG_CHARACTERS;

function standsAt(part: Buffer, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false;
  return true;
}

/** Whether `bytes[start, end)` begins with a header of ours and the two dots after it. */
export function beginsAsJwe(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < IV_AT || !standsAt(HEADER_BEGIN, bytes, start)) return false;
  for (let i = start + ID_AT; i < start + ID_AT + ENCODED_ID_CHARACTERS; i++)
    if (!isBase64urlCharacter(bytes[i])) return false;
  const endAt = start + ID_AT + ENCODED_ID_CHARACTERS;
  return standsAt(HEADER_END, bytes, endAt) && bytes[endAt + 3] === DOT && bytes[endAt + 4] === DOT;
}

/** Bytes of the ciphertext, or -1 when the outer form is wrong. */
export function jweCiphertextBytes(text: Uint8Array): number {
  const tagDot = text.length - TAG_CHARACTERS - 1;
  if (tagDot <= CIPHERTEXT_AT || !beginsAsJwe(text, 0, text.length)) return -1;
  if (text[CIPHERTEXT_AT - 1] !== DOT || text[tagDot] !== DOT) return -1;
  return decodedLength(tagDot - CIPHERTEXT_AT);
}

/** The key id that a JWE of ours names. */
export function jweKeyId(text: Uint8Array): string {
  const encoded = Buffer.from(text.subarray(ID_AT, ID_AT + ENCODED_ID_CHARACTERS)).toString();
  return Buffer.from(encoded, 'base64url').toString('latin1');
}

/** The protected header under a key id, as it stands and as it is authenticated. */
export function jweHeader(id: string): Buffer {
  const encoded = Buffer.from(id, 'latin1').toString('base64url');
  return Buffer.from(`${HEADER_BEGIN.toString()}${encoded}${HEADER_END.toString()}`);
}
