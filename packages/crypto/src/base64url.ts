/** Base64url without padding (RFC 4648 section 5), on bytes, and only in its one canonical form. */

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const VALUES = new Uint8Array(256).fill(0xff);
for (const [value, character] of ALPHABET.entries()) VALUES[character] = value;

/** Above this, the call into native code costs less than the loop. */
const LOOP_LIMIT = 512;

/** Characters that `bytes` bytes become. */
export function encodedLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}

/** Bytes that `characters` characters hold, or -1 when no number of bytes gives that length. */
export function decodedLength(characters: number): number {
  return characters % 4 === 1 ? -1 : Math.floor((characters * 3) / 4);
}

export function isBase64urlCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (VALUES[byte] ?? 0xff) !== 0xff;
}

/** Writes the characters of `source` as ASCII into `target` from `at` on. */
export function encodeInto(source: Buffer, target: Buffer, at: number): void {
  if (source.length > LOOP_LIMIT) {
    target.write(source.toString('base64url'), at, 'latin1');
    return;
  }
  const whole = source.length - (source.length % 3);
  let out = at;
  for (let i = 0; i < whole; i += 3) {
    const bits = (source[i] << 16) | (source[i + 1] << 8) | source[i + 2];
    target[out++] = ALPHABET[bits >>> 18];
    target[out++] = ALPHABET[(bits >>> 12) & 63];
    target[out++] = ALPHABET[(bits >>> 6) & 63];
    target[out++] = ALPHABET[bits & 63];
  }
  if (whole === source.length) return;
  const first = source[whole];
  const second = source[whole + 1] ?? 0;
  target[out++] = ALPHABET[first >>> 2];
  target[out++] = ALPHABET[((first & 3) << 4) | (second >>> 4)];
  if (source.length - whole === 2) target[out] = ALPHABET[(second & 15) << 2];
}

/**
 * Reads `source[start, end)` into `target`, which has exactly `decodedLength` bytes.
 * False when a character is foreign (padding too) or when unused bits are not zero, so that one
 * byte string has one text only.
 */
export function decodeInto(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
): boolean {
  const rest = (end - start) % 4;
  if (rest === 1 || target.length !== decodedLength(end - start)) return false;
  const whole = end - rest;
  let seen = 0;
  let out = 0;
  for (let i = start; i < whole; i += 4) {
    const a = VALUES[source[i]];
    const b = VALUES[source[i + 1]];
    const c = VALUES[source[i + 2]];
    const d = VALUES[source[i + 3]];
    seen |= a | b | c | d;
    target[out++] = (a << 2) | (b >>> 4);
    target[out++] = (b << 4) | (c >>> 2);
    target[out++] = (c << 6) | d;
  }
  if (seen > 63) return false;
  return rest === 0 || decodeRest(source, whole, rest, target, out);
}

function decodeRest(
  source: Uint8Array,
  from: number,
  rest: number,
  target: Uint8Array,
  out: number,
): boolean {
  const a = VALUES[source[from]];
  const b = VALUES[source[from + 1]];
  const c = rest === 3 ? VALUES[source[from + 2]] : 0;
  if ((a | b | c) > 63) return false;
  target[out] = (a << 2) | (b >>> 4);
  if (rest === 2) return (b & 15) === 0;
  target[out + 1] = (b << 4) | (c >>> 2);
  return (c & 3) === 0;
}
