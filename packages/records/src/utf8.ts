import { isUtf8 } from 'node:buffer';

/** Lowest and highest second byte of a sequence, by its first byte (RFC 3629, section 4). */
function secondByteRange(first: number): readonly [number, number] {
  if (first === 0xe0) return [0xa0, 0xbf];
  if (first === 0xed) return [0x80, 0x9f];
  if (first === 0xf0) return [0x90, 0xbf];
  if (first === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

function validSequence(bytes: Uint8Array, at: number, length: number): boolean {
  if (length === 0 || at + length > bytes.length) return false;
  if (length === 1) return true;
  const [low, high] = secondByteRange(bytes[at] ?? 0);
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return false;
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return false;
  return true;
}

/**
 * Offset of the first byte that begins no valid UTF-8 sequence, or -1 when all is valid.
 * The usual case is one native call; only a bad text is walked byte by byte.
 */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes)) return -1;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at] ?? 0);
    if (!validSequence(bytes, at, length)) return at;
    at += length;
  }
  return -1;
}
