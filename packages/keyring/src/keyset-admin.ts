import { randomBytes } from 'node:crypto';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import type { Algorithm, Signer } from '@sealstream/crypto';
import { KeyArena } from './arena.ts';
import { DocumentHistory } from './document-history.ts';
import {
  firstDocument,
  opensUnder,
  withActivated,
  withDestroyed,
  withPending,
  withRewrapped,
} from './keyset-change.ts';
import {
  ALGORITHMS,
  type KeysetDocument,
  type KeysetKey,
  KEYSET_FORM,
  isKeysetName,
  keysetName,
  neverRotates,
  type SignedKeyset,
} from './keyset-document.ts';
import type { KeysetHeads } from './keyset-heads.ts';
import { type ListedKeyset, listedKeysets } from './keyset-listing.ts';
import { KeysetStore } from './keyset-store.ts';
import { OpenedKeyset } from './opened-keyset.ts';
import type { OutermostKeys } from './outermost-keys.ts';
import type { RedisOptions } from '@sealstream/redis-link';

/** 9 bytes are 12 base64url characters. */
const KEY_ID_BYTES = 9;

export interface KeysetAdminOptions extends RedisOptions {
  readonly provider: OutermostKeys;
  readonly signer: Signer;
  readonly heads: KeysetHeads;
  readonly allowUnlocked?: boolean | undefined;
}

/** What a change did. */
export interface KeysetChange {
  /** `purpose/dataset`. */
  readonly name: string;
  readonly version: number;
  /** The key that is active now. */
  readonly keyId: string;
  readonly action: 'created' | 'rotated' | 'unchanged';
}

/** What a rewrap did with one keyset. */
export interface RewrappedKeyset {
  readonly name: string;
  readonly version: number;
  readonly action: 'rewrapped' | 'unchanged';
}

/** What a destruction did. */
export interface DestroyedKey {
  /** `purpose/dataset`. */
  readonly name: string;
  readonly version: number;
  readonly keyId: string;
  readonly action: 'destroyed' | 'unchanged';
}

/** What a restore did with one keyset. */
export interface RestoredKeyset {
  readonly name: string;
  readonly version: number;
  readonly action: 'restored' | 'unchanged' | 'ahead';
}

/** Opens the side that may change keysets. Throws REDIS_UNREACHABLE, KEY_FILE_*. */
export async function openKeysetAdmin(options: KeysetAdminOptions): Promise<KeysetAdmin> {
  await options.provider.check();
  const arena = new KeyArena({ allowUnlocked: options.allowUnlocked ?? false });
  const store = new KeysetStore(options);
  try {
    await store.connect();
  } catch (error) {
    store.stop();
    throw error;
  }
  return new KeysetAdmin(options, store, arena);
}

/**
 * Creates, rotates, moves, lists and restores keysets.
 *
 * Promises: a key becomes active only after it was read back from Redis, unwrapped and made durable
 * with the heads; of two who change one keyset at once, one wins and the other gets
 * KEYSET_CONFLICT; a keyset that is below its head is never built upon. A change cut short at any
 * point is finished by the next.
 */
export class KeysetAdmin {
  readonly #provider: OutermostKeys;
  readonly #heads: KeysetHeads;
  readonly #store: KeysetStore;
  readonly #arena: KeyArena;
  readonly #history: DocumentHistory<KeysetDocument>;

  constructor(options: KeysetAdminOptions, store: KeysetStore, arena: KeyArena) {
    this.#provider = options.provider;
    this.#heads = options.heads;
    this.#store = store;
    this.#arena = arena;
    const { heads, signer } = options;
    const restore = 'sealstream keys restore';
    this.#history = new DocumentHistory(KEYSET_FORM, { store, heads, signer, restore });
  }

  /** Creates a missing keyset or key; leaves one that has an active key as it is. */
  async ensure(
    purpose: Purpose,
    dataset: string,
    algorithm: Algorithm = ALGORITHMS[purpose],
  ): Promise<KeysetChange> {
    const current = await this.#history.current(keysetName(purpose, dataset));
    const active = keyIn('active', algorithm, current);
    if (current === undefined || active === undefined)
      return this.#advance(purpose, dataset, current, algorithm);
    const { version } = current.document;
    const name = keysetName(purpose, dataset);
    return { name, version, keyId: active.id, action: 'unchanged' };
  }

  /**
   * Creates a missing keyset or rotates one. A pending key that an earlier change left is the one
   * that becomes active. Throws KEYSET_CONFLICT, KEYSET_ROLLED_BACK, KEYSET_MISSING when there is a
   * head and Redis has lost the keyset, and USAGE for keys that never rotate.
   */
  async createOrRotate(
    purpose: Purpose,
    dataset: string,
    algorithm: Algorithm = ALGORITHMS[purpose],
  ): Promise<KeysetChange> {
    const current = await this.#history.current(keysetName(purpose, dataset));
    const isThere = keyIn('active', algorithm, current) !== undefined;
    if (isThere && neverRotates(purpose, algorithm))
      throw new SealstreamError(
        'USAGE',
        { keyset: keysetName(purpose, dataset), algorithm },
        'Such keys never rotate: every join made with them would break.',
      );
    return this.#advance(purpose, dataset, current, algorithm);
  }

  /**
   * Starts a new epoch of keys that never rotate: what is hashed or sealed from now on no longer
   * equals what was before, so every join across the change breaks. Throws USAGE for other keys.
   */
  async newEpoch(
    purpose: Purpose,
    dataset: string,
    algorithm: Algorithm = ALGORITHMS[purpose],
  ): Promise<KeysetChange> {
    if (!neverRotates(purpose, algorithm))
      throw new SealstreamError(
        'USAGE',
        { keyset: keysetName(purpose, dataset), algorithm },
        'These keys rotate: run `sealstream keys rotate`.',
      );
    const current = await this.#history.current(keysetName(purpose, dataset));
    return this.#advance(purpose, dataset, current, algorithm);
  }

  /**
   * Puts a keyset under other outermost keys: the same wrapping key and data keys, the wrapping key
   * wrapped by `to`, as the next version. What `to` unwraps is done, so a run that was cut short is
   * taken up by the next one. Nothing is written before every key was opened under `to`.
   *
   * Throws KEYSET_MISSING, KEYSET_CONFLICT, KEYSET_ROLLED_BACK, KEYSET_UNREADABLE when neither the
   * present outermost key nor `to` unwraps it, and what the providers throw.
   */
  async rewrap(purpose: Purpose, dataset: string, to: OutermostKeys): Promise<RewrappedKeyset> {
    const name = keysetName(purpose, dataset);
    const current = await this.#history.current(keysetName(purpose, dataset));
    if (current === undefined) throw new SealstreamError('KEYSET_MISSING', { keyset: name });
    const { document } = current;
    if (await opensUnder(document, to, this.#arena))
      return { name, version: document.version, action: 'unchanged' };
    const moved = await withRewrapped(document, this.#provider, to, this.#arena);
    await this.#proveOpens(this.#history.sign(moved), to);
    const written = await this.#history.write(name, current, moved);
    await this.#history.publish(name, written);
    return { name, version: written.document.version, action: 'rewrapped' };
  }

  /**
   * Ends a key that only opens: its wrapped form leaves the keyset, its digest and its id stay, and
   * what it sealed opens no more (KEY_DESTROYED) in any process that took the version on, at the
   * latest at its ceiling. A second time does no harm. An older copy of the keyset still holds the
   * wrapped key; services refuse it, whoever has the outermost key need not.
   *
   * Throws KEY_UNKNOWN, USAGE for a key that is not decrypt-only, and what a rotation throws.
   */
  async destroy(purpose: Purpose, dataset: string, id: string): Promise<DestroyedKey> {
    const name = keysetName(purpose, dataset);
    const current = await this.#history.current(name);
    const key = current?.document.keys.find((one) => one.id === id);
    if (current === undefined || key === undefined)
      throw new SealstreamError('KEY_UNKNOWN', { keyset: name, key: id });
    if (key.state === 'destroyed') {
      // A run that was cut before the head was published is finished here.
      await this.#history.publish(name, current);
      return { name, version: current.document.version, keyId: id, action: 'unchanged' };
    }
    if (key.state !== 'decrypt-only')
      throw new SealstreamError(
        'USAGE',
        { keyset: name, key: id, state: key.state },
        'Only a key that seals no more can be destroyed: rotate first.',
      );
    const written = await this.#history.write(name, current, withDestroyed(current.document, id));
    await this.#history.publish(name, written);
    return { name, version: written.document.version, keyId: id, action: 'destroyed' };
  }

  /** Every keyset in Redis or among the heads, sorted by name. */
  async list(): Promise<ListedKeyset[]> {
    return listedKeysets(this.#store, this.#heads, this.#history, await this.#store.names());
  }

  /** Names of the registers of subjects in Redis or among the heads, sorted. */
  async registers(): Promise<string[]> {
    const names = await this.#names(await this.#heads.load());
    return names.filter((name) => !isKeysetName(name));
  }

  async #names(heads: ReadonlyMap<string, Uint8Array>): Promise<string[]> {
    return [...new Set([...(await this.#store.names()), ...heads.keys()])].sort();
  }

  /**
   * Writes every head that Redis has lost, or holds an older or other document in place of, back
   * into Redis. Newer documents in Redis that carry the signature stay: `ahead`.
   */
  async restore(): Promise<RestoredKeyset[]> {
    const restored: RestoredKeyset[] = [];
    for (const [name, bytes] of await this.#heads.load()) {
      // Registers of subjects come back with the keys that they speak of: see SubjectAdmin.
      if (!isKeysetName(name)) continue;
      const head = this.#history.open(name, bytes);
      const [found = null] = await this.#store.read([name]);
      restored.push({ name, ...(await this.#restoreOne(name, head, found)) });
    }
    return restored;
  }

  stop(): void {
    this.#store.stop();
    this.#arena.clear();
  }

  async #restoreOne(
    name: string,
    head: SignedKeyset,
    found: Buffer | null,
  ): Promise<Omit<RestoredKeyset, 'name'>> {
    const { version } = head.document;
    const there = found === null ? undefined : this.#history.believed(name, found);
    if (there !== undefined && there.document.version > version)
      return { version: there.document.version, action: 'ahead' };
    for (const { id } of head.document.keys) await this.#store.claimKeyId(id, name);
    if (there?.digest === head.digest) return { version, action: 'unchanged' };
    if (!(await this.#store.swap(name, found, head.bytes)))
      throw new SealstreamError('KEYSET_CONFLICT', { keyset: name });
    return { version, action: 'restored' };
  }

  async #advance(
    purpose: Purpose,
    dataset: string,
    current: SignedKeyset | undefined,
    algorithm: Algorithm,
  ): Promise<KeysetChange> {
    const name = keysetName(purpose, dataset);
    // Not even an id is claimed by who cannot end what is begun.
    await this.#history.requireWritable();
    const isStaged = current !== undefined && keyIn('pending', algorithm, current) !== undefined;
    const staged = isStaged ? current : await this.#stage(purpose, dataset, current, algorithm);
    await this.#proveReadable(purpose, dataset, staged);
    await this.#history.publish(name, staged);
    const next = withActivated(staged.document, algorithm);
    const activated = await this.#history.write(name, staged, next);
    await this.#history.publish(name, activated);
    const { keys, version } = activated.document;
    const keyId = keyIn('active', algorithm, activated)?.id ?? '';
    const isFirst = keys.filter((key) => key.algorithm === algorithm).length === 1;
    return { name, version, keyId, action: isFirst ? 'created' : 'rotated' };
  }

  async #stage(
    purpose: Purpose,
    dataset: string,
    current: SignedKeyset | undefined,
    algorithm: Algorithm,
  ): Promise<SignedKeyset> {
    const name = keysetName(purpose, dataset);
    const id = await this.#claimKeyId(name);
    const document =
      current === undefined
        ? await firstDocument(purpose, dataset, id, this.#arena, this.#provider, algorithm)
        : await withPending(current.document, id, this.#arena, this.#provider, algorithm);
    return this.#history.write(name, current, document);
  }

  /** Postcondition: what becomes active was read back from Redis and unwraps. */
  async #proveReadable(purpose: Purpose, dataset: string, staged: SignedKeyset): Promise<void> {
    const name = keysetName(purpose, dataset);
    const [found = null] = await this.#store.read([name]);
    if (found === null || !staged.bytes.equals(found))
      throw new SealstreamError('KEYSET_CONFLICT', { keyset: name });
    await this.#proveOpens(this.#history.open(name, found), this.#provider);
  }

  /** Unwraps every key and holds it against its digest. */
  async #proveOpens(signed: SignedKeyset, outermost: OutermostKeys): Promise<void> {
    const { purpose, dataset } = signed.document;
    const keyset = new OpenedKeyset(purpose, dataset, this.#arena, outermost);
    try {
      await keyset.update(signed);
    } finally {
      keyset.close();
    }
  }

  async #claimKeyId(name: string): Promise<string> {
    for (;;) {
      const id = randomBytes(KEY_ID_BYTES).toString('base64url');
      if (await this.#store.claimKeyId(id, name)) return id;
    }
  }
}

/** The key of an algorithm that is in this state. */
function keyIn(
  wanted: KeysetKey['state'],
  algorithm: Algorithm,
  keyset: SignedKeyset | undefined,
): KeysetKey | undefined {
  return keyset?.document.keys.find((key) => key.state === wanted && key.algorithm === algorithm);
}
