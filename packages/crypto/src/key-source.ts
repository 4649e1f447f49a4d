import type { Purpose } from '@sealstream/contracts';
import type { KeyUse } from './derivation.ts';
import type { KeyHandle } from './key-handle.ts';

/** A key that seals now. `id` is 12 base64url characters; `key` is already derived for the use. */
export interface ActiveKey {
  readonly id: string;
  readonly key: KeyHandle;
}

/** The public half of a key pair, from a signed document. */
export interface PublicKey {
  readonly id: string;
  /** 32 bytes, X25519. */
  readonly publicKey: Buffer;
}

/**
 * Where ciphers get their keys: from memory and at once. Package keyring implements it. Ciphers
 * pass the same `KeyUse` object each time, so a source may cache by identity.
 */
export interface KeySource {
  /** Throws KEY_NOT_ACTIVE, KEYSET_MISSING or KEYRING_STALE. */
  active(use: KeyUse): ActiveKey;
  /** Throws KEY_UNKNOWN, KEY_DESTROYED or KEYRING_STALE; never tries another key. */
  byId(use: KeyUse, id: string): KeyHandle;
  publicKey(purpose: Purpose, dataset: string): PublicKey;
  privateKey(purpose: Purpose, dataset: string, id: string): KeyHandle;
}
