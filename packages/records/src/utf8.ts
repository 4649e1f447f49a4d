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

function validSequence(bytes: Buffer, at: number, to: number, length: number): boolean {
  if (length === 0 || at + length > to) return false;
  if (length === 1) return true;
  const [low, high] = secondByteRange(bytes[at]);
  const second = bytes[at + 1];
  if (second < low || second > high) return false;
  for (let i = 2; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return false;
  return true;
}

/**
 * Place of the first byte in [from, to) that begins no valid UTF-8 sequence, or -1 when all is
 * valid. The usual case is one native call; only a bad text is walked byte by byte.
 */
export function firstInvalidUtf8(bytes: Buffer, from = 0, to = bytes.length): number {
  if (isUtf8(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))) return -1;
  let at = from;
  while (at < to) {
    const length = sequenceLength(bytes[at]);
    if (!validSequence(bytes, at, to, length)) return at;
    at += length;
  }
  return -1;
}
