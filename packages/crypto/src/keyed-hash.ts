import type { Purpose } from '@sealstream/contracts';
import sodium from 'sodium-native';
import type { KeyUse } from './derivation.ts';
import { encodedLength, encodeInto } from './base64url.ts';
import type { ByteSink } from './byte-sink.ts';
import { bytesOf } from './key-handle.ts';
import type { KeySource } from './key-source.ts';
import { Scratch } from './scratch.ts';

/** Bytes of a keyed hash. */
export const DIGEST_BYTES = 16;
const DIGEST_CHARACTERS = encodedLength(DIGEST_BYTES);

/** Working memory: a digest lives only until it is written out. */
const scratch = Buffer.alloc(DIGEST_BYTES);

/** Up to this many bytes, copying a value costs less than making a view of it. */
const SHORT_VALUE = 64;
const values = new Scratch(SHORT_VALUE);

/** Just the bytes in [from, to), which stand until the next value. */
function valueOf(bytes: Buffer, from: number, to: number): Buffer {
  const length = to - from;
  if (length > SHORT_VALUE) return bytes.subarray(from, to);
  const value = values.first(length);
  for (let at = 0; at < length; at++) value[at] = bytes[from + at];
  return value;
}

/**
 * Keyed hash of one field of one dataset: BLAKE2b-128 (RFC 7693) under a key derived for it.
 *
 * Promises: equal values give equal digests, for one dataset and path and as long as the keyset
 * lives (hash keys do not rotate); without the key nobody computes or compares them.
 */
export class KeyedHash {
  readonly #use: KeyUse;

  constructor(purpose: Purpose, dataset: string, path: string) {
    this.#use = Object.freeze({
      purpose,
      algorithm: 'blake2b-128',
      format: 'keyed-hash',
      dataset,
      path,
    });
  }

  /** 16 bytes, the caller's own. Throws what the key source throws. */
  digest(keys: KeySource, value: Uint8Array): Buffer {
    const { key } = keys.active(this.#use);
    const digest = Buffer.allocUnsafe(DIGEST_BYTES);
    sodium.crypto_generichash(digest, value as Buffer, bytesOf(key));
    return digest;
  }

  /** Writes the digest of bytes[from, to) into the 16 bytes of `digest`. */
  digestBytes(keys: KeySource, bytes: Buffer, from: number, to: number, digest: Buffer): void {
    const { key } = keys.active(this.#use);
    sodium.crypto_generichash(digest, valueOf(bytes, from, to), bytesOf(key));
  }

  /** Writes the digest of bytes[from, to) as 22 characters of base64url. */
  digestInto(keys: KeySource, bytes: Buffer, from: number, to: number, out: ByteSink): void {
    const { key } = keys.active(this.#use);
    sodium.crypto_generichash(scratch, valueOf(bytes, from, to), bytesOf(key));
    out.reserve(DIGEST_CHARACTERS);
    encodeInto(scratch, out.bytes, out.length);
    out.length += DIGEST_CHARACTERS;
  }
}
