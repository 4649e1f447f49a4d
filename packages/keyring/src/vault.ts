import { type ByteRange, type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { type KeySource, type TokenVault, VaultCipher, type VaultField } from '@sealstream/crypto';
import { RedisLink, type StoreOptions } from '@sealstream/redis-link';
import { randomToken } from './random-token.ts';
import type { ShredList } from './shred-list.ts';
import { VaultCache } from './vault-cache.ts';
import { type NewRows, type RowsMade, VaultStore } from './vault-store.ts';

/** Thrown for every value that is not in memory, so that a cold batch makes no error for each. */
const WANTED = new SealstreamError('VAULT_ROWS_WANTED');
/** What cannot be given is asked for again after so long, since rows and subjects change. */
const REFUSED_MS = 2000;
/** 128 random bits are never taken; a vault in which they are is none of ours. */
const TOKEN_TRIES = 3;
/** Of tokens of a value's own form, of which a vault may have many. */
const SAME_TRIES = 20;
const TOKENS_MAX = 131_072;

export interface VaultOptions extends StoreOptions {
  readonly dataset: string;
  /** Has the keys of the purpose `vault`. */
  readonly keys: KeySource;
  /** Who was shredded, in a dataset with a subject. */
  readonly shreds?: Pick<ShredList, 'endedAt'> | undefined;
  /** Tokens kept in memory, beside those of one batch; default 131,072. */
  readonly max?: number | undefined;
}

/** The vault of one dataset in one process. */
export interface Vault {
  readonly vault: TokenVault;
  /** Lets Redis go. Idempotent. */
  stop(): void;
}

/** Opens the vault of a dataset, also while Redis is away: then `bring` says so. */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const link = new RedisLink(options);
  await link.connect().catch(() => undefined);
  const vault = new RedisVault(options, new VaultStore(options.dataset, link));
  return {
    vault,
    stop: () => {
      link.stop();
      vault.forget();
    },
  };
}

/** A value that is to have a token. */
interface Wanted {
  readonly field: VaultField;
  readonly subject: Buffer | undefined;
  readonly livesSince: number;
  readonly value: Buffer;
}

type Refusals = ReadonlyMap<string, { readonly code: ErrorCode; readonly foundAt: number }>;

/**
 * Promises: a token that was made is durable in Redis, together with its value, before it can be used;
 * of two who make one at once, both get the winner's; a row that does not open under its own name, for
 * its own field and subject, is refused; no token is made for a subject once the vault knows of its
 * shred; of one who was let live again, no token is given that this process kept from before.
 */
class RedisVault implements TokenVault {
  readonly #options: VaultOptions;
  readonly #store: VaultStore;
  readonly #cache: VaultCache;
  readonly #ciphers = new Map<string, VaultCipher>();
  #wanted = new Map<string, Wanted>();
  #refused: Refusals = new Map();
  #bringing: Promise<void> | undefined;

  constructor(options: VaultOptions, store: VaultStore) {
    this.#options = options;
    this.#store = store;
    this.#cache = new VaultCache(options.max ?? TOKENS_MAX);
  }

  get wants(): boolean {
    return this.#wanted.size > 0;
  }

  token(
    field: VaultField,
    digest: string,
    subject: ByteRange | undefined,
    value: ByteRange,
  ): string {
    const livesSince = this.#livesSince(subject);
    const known = this.#cache.find(digest);
    if (known?.livesSince === livesSince) return known.token;
    const refusal = this.#refused.get(digest);
    if (refusal !== undefined && performance.now() - refusal.foundAt < REFUSED_MS)
      throw new SealstreamError(refusal.code, { path: field.path });
    if (!this.#wanted.has(digest))
      this.#wanted.set(digest, {
        field,
        subject: subject && copyOf(subject),
        livesSince,
        value: copyOf(value),
      });
    throw WANTED;
  }

  async bring(): Promise<void> {
    // What comes while others are brought waits for them, and is brought together with all the rest.
    while (this.#bringing !== undefined) await this.#bringing.catch(() => undefined);
    if (!this.wants) return;
    const wanted = this.#wanted;
    this.#wanted = new Map();
    this.#bringing = this.#bringAll([...wanted]).finally(() => {
      for (const { value } of wanted.values()) value.fill(0);
      this.#bringing = undefined;
    });
    await this.#bringing;
  }

  forget(): void {
    this.#cache.clear();
  }

  #livesSince(subject: ByteRange | undefined): number {
    const { shreds } = this.#options;
    if (subject === undefined || shreds === undefined) return 0;
    return shreds.endedAt(subject.bytes.toString('base64url', subject.from, subject.to));
  }

  async #bringAll(wanted: readonly (readonly [digest: string, Wanted])[]): Promise<void> {
    const refused = new Map<string, { code: ErrorCode; foundAt: number }>();
    this.#cache.nextRound();
    let left = wanted;
    for (let tries = 0; left.length > 0 && tries < SAME_TRIES; tries++) {
      if (tries === TOKEN_TRIES && left.some(([, { field }]) => field.shape !== 'same'))
        throw new SealstreamError('INTERNAL', { dataset: this.#options.dataset, tokens: 'taken' });
      const fresh = left.map(([digest, one]) => this.#fresh(digest, one));
      const made = await this.#store.create(fresh);
      left = left.filter(([digest, one], at) => {
        const code = this.#settle(digest, one, fresh[at], made[at]);
        if (code !== undefined && code !== 'again')
          refused.set(digest, { code, foundAt: performance.now() });
        return code === 'again';
      });
    }
    for (const [digest] of left)
      refused.set(digest, { code: 'RECORD_VALUE_UNFIT', foundAt: performance.now() });
    this.#refused = refused;
  }

  #fresh(digest: string, { field, subject, value }: Wanted): NewRows {
    const { keys } = this.#options;
    const cipher = this.#cipherOf(field);
    const token = randomToken(field.shape, value);
    return {
      digest,
      token,
      subject: subject?.toString('base64url'),
      byValue: cipher.seal(keys, 'value', digest, subject, Buffer.from(token, 'latin1')),
      byToken: cipher.seal(keys, 'token', token, subject, value),
    };
  }

  /** Takes in a token, or says why not. */
  #settle(
    digest: string,
    { field, livesSince, subject }: Wanted,
    { byValue }: NewRows,
    made: RowsMade,
  ): ErrorCode | 'again' | undefined {
    if (made === 'token-taken') return 'again';
    if (made === 'shredded') return 'SUBJECT_SHREDDED';
    try {
      // Postcondition: what is used was opened from the very bytes that Redis has.
      const row = made === 'made' ? byValue : made;
      const opened = this.#cipherOf(field).open(this.#options.keys, 'value', digest, row);
      if (!isSame(opened.subject, subject)) return 'VAULT_ROW_REFUSED';
      this.#cache.set(digest, { token: opened.content.toString('latin1'), livesSince });
      return undefined;
    } catch (error) {
      // One row that does not open keeps no other from being brought.
      const isRefused = error instanceof SealstreamError && error.code === 'VAULT_ROW_REFUSED';
      if (!isRefused) throw error;
      return error.code;
    }
  }

  #cipherOf({ dataset, path }: VaultField): VaultCipher {
    const known = this.#ciphers.get(path);
    if (known !== undefined) return known;
    const cipher = new VaultCipher(dataset, path);
    this.#ciphers.set(path, cipher);
    return cipher;
  }
}

function copyOf({ bytes, from, to }: ByteRange): Buffer {
  return Buffer.from(bytes.subarray(from, to));
}

function isSame(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}
