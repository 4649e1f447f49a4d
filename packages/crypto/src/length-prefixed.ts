/**
 * Joins parts so that no two lists give the same bytes: each part is its length as uint32 BE,
 * then its bytes. Strings are UTF-8.
 */
export function lengthPrefixed(parts: readonly (string | Uint8Array)[]): Buffer {
  let size = 0;
  for (const part of parts) size += 4 + sizeOf(part);
  const joined = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    const from = at + 4;
    // Written in place: a buffer of its own for each part took longer than sealing a key.
    const length = typeof part === 'string' ? joined.write(part, from) : part.length;
    if (typeof part !== 'string') joined.set(part, from);
    joined.writeUInt32BE(length, at);
    at = from + length;
  }
  return joined;
}

function sizeOf(part: string | Uint8Array): number {
  return typeof part === 'string' ? Buffer.byteLength(part) : part.length;
}
