import type { ByteRange, Purpose } from '@sealstream/contracts';
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

/** Which record a field is part of: what its keys and its tokens can be bound to. 16 bytes each. */
export interface RecordIdentity {
  /** The subject's index; undefined when the dataset has no subject. */
  readonly subject: ByteRange | undefined;
  /** The source coordinate. */
  readonly source: ByteRange;
}

/**
 * Where ciphers get their keys: from memory and at once. Package keyring implements it. Ciphers
 * pass the same `KeyUse` object each time, so a source may cache by identity.
 */
export interface KeySource {
  /** Keys of single subjects, where fields are sealed under them. */
  readonly subjects?: SubjectKeySource | undefined;
  /** Whose keys were destroyed; there when records with subjects are treated. */
  readonly shreds?: ShreddedSubjects | undefined;
  /** Tokens in the place of values; there where a mask asks for them. */
  readonly vault?: TokenVault | undefined;
  /** The record that is treated now; whoever treats records sets it before each. */
  readonly record?: RecordIdentity | undefined;
  /**
   * Each call that seals asks anew, so that uses can be counted.
   * Throws KEY_NOT_ACTIVE, KEYSET_MISSING, KEYRING_STALE or KEY_USES_WANTED.
   */
  active(use: KeyUse): ActiveKey;
  /** Throws KEY_UNKNOWN, KEY_DESTROYED or KEYRING_STALE; never tries another key. */
  byId(use: KeyUse, id: string): KeyHandle;
  publicKey(purpose: Purpose, dataset: string): PublicKey;
  privateKey(purpose: Purpose, dataset: string, id: string): KeyHandle;
}

/** The subjects whose keys were destroyed: known at once, from memory. */
export interface ShreddedSubjects {
  /** Another number than before whenever it may be that more are shredded. */
  readonly count: number;
  /** Throws KEYRING_STALE. @param index where the 16 bytes of a subject's index begin in `bytes` */
  has(bytes: Buffer, index: number): boolean;
}

/**
 * Where ciphers get the keys of single subjects (the persons that records are about): from memory
 * and at once. Package keyring implements it. A subject is named by its index, a keyed hash of what
 * the policy's `subject` field holds.
 */
export interface SubjectKeySource {
  /**
   * The key that seals for a subject now, derived for the use. It stands until the next call, since
   * both are the same object each time.
   *
   * @param index where the 16 bytes of the subject's index begin in `bytes`
   * Throws SUBJECT_SHREDDED, KEYRING_STALE, and SUBJECT_KEYS_WANTED for one that is not in memory:
   * it is noted, and what `bring` fetches next.
   */
  active(use: KeyUse, bytes: Buffer, index: number): ActiveKey;
  /** The same for the key that a token names. Throws KEY_UNKNOWN besides. */
  byId(use: KeyUse, id: string): KeyHandle;
  /** Whether keys were asked for that are not in memory. */
  readonly wants: boolean;
  /** Brings all that was asked for, in one round trip; keys of new subjects are durable then. */
  bring(): Promise<void>;
}

/**
 * How a token looks: `token` is `tok_` and 22 characters of base64url, `digits` 39 digits, `same` a text of
 * the value's own form.
 */
export type TokenShape = 'token' | 'digits' | 'same';

/** One field whose values have tokens. */
export interface VaultField {
  readonly dataset: string;
  /** The policy's path pattern. */
  readonly path: string;
  /** Of tokens that are made; a value keeps the one that it has. */
  readonly shape: TokenShape;
}

/**
 * Random tokens in the place of values, each kept with its value so that it can be turned back: from
 * memory and at once. Package keyring implements it.
 */
export interface TokenVault {
  /**
   * The token of a value, the same one for as long as the vault keeps it.
   *
   * @param digest as VaultCipher gives it for that field, subject and value
   * @param subject the index of whom the value goes with; undefined when it goes with nobody
   * Throws SUBJECT_SHREDDED, VAULT_ROW_REFUSED, KEYRING_STALE, RECORD_VALUE_UNFIT where nearly all
   * tokens of a form are taken, and VAULT_ROWS_WANTED for one that is not in memory: it is
   * noted, and what `bring` fetches or makes next.
   */
  token(
    field: VaultField,
    digest: string,
    subject: ByteRange | undefined,
    value: ByteRange,
  ): string;
  /** Whether tokens were asked for that are not in memory. */
  readonly wants: boolean;
  /** Brings all that was asked for, in one round trip; new tokens are durable then, with their values. */
  bring(): Promise<void>;
}
