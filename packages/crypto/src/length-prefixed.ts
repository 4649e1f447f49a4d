const encoder = new TextEncoder();

/**
 * Joins parts so that no two lists give the same bytes: each part is its length as uint32 BE,
 * then its bytes. Strings are UTF-8.
 */
export function lengthPrefixed(parts: readonly (string | Uint8Array)[]): Buffer {
  const encoded = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part));
  const size = encoded.reduce((sum, part) => sum + 4 + part.length, 0);
  const joined = Buffer.alloc(size);
  let at = 0;
  for (const part of encoded) {
    at = joined.writeUInt32BE(part.length, at);
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
