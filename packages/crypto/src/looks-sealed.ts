import { beginsAsToken } from './field-token.ts';
import { beginsAsJwe } from './jwe-text.ts';

/**
 * Whether `bytes[start, end)` begins as anything does that Sealstream makes of a field: a token, a
 * Fernet token behind its key id, a JWE with our header. A producer's text that does is never passed
 * as if it were ours.
 */
export function looksLikeToken(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): boolean {
  return beginsAsToken(bytes, start, end) || beginsAsJwe(bytes, start, end);
}
