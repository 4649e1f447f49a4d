import { hash } from 'node:crypto';

/** Bytes of a hash. */
export const HASH_BYTES = 32;

const LEAF = Buffer.of(0x00);
const NODE = Buffer.of(0x01);

/** Hash of the tree without leaves (RFC 6962 section 2.1). */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

/** Hash of one entry: SHA-256(0x00 || entry) (RFC 6962 section 2.1). */
export function leafHash(entry: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF, entry]), 'buffer');
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962 section 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([NODE, left, right]), 'buffer');
}

/** Whether these are the bytes of a hash. */
export function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}
