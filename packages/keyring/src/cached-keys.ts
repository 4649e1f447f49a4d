import { type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  type ActiveKey,
  deriveKey,
  type KeyHandle,
  type KeySource,
  type KeyUse,
  type PublicKey,
} from '@sealstream/crypto';
import type { KeyArena } from './arena.ts';
import { COUNTED, type KeyUses } from './key-uses.ts';
import { algorithmsOf, keysetName } from './keyset-document.ts';
import type { WatchedKeyset } from './watched-keyset.ts';

/** Derived keys kept at once: 256 KiB of slots. */
const DERIVED_MAX = 8192;

/** What was derived for one use. */
interface DerivedUse {
  readonly use: KeyUse;
  readonly watched: WatchedKeyset;
  /** Where its uses are counted; undefined for algorithms whose uses are not. */
  readonly uses: Pick<KeyUses, 'spend'> | undefined;
  readonly byId: Map<string, KeyHandle>;
  active: ActiveKey | undefined;
}

/**
 * The KeySource over watched keysets: derives at first use and keeps what it derived, bounded; when
 * full, the oldest goes first and is zeroed.
 */
export class CachedKeys implements KeySource {
  readonly #arena: KeyArena;
  readonly #watched: ReadonlyMap<string, WatchedKeyset>;
  readonly #uses: Pick<KeyUses, 'spend'>;
  readonly #unknownKey: () => void;
  readonly #max: number;
  /** By identity first, since ciphers pass one object for life; by content when they do not. */
  readonly #byIdentity = new WeakMap<KeyUse, DerivedUse>();
  readonly #byContent = new Map<string, DerivedUse>();
  /** Oldest first. */
  readonly #order = new Map<KeyHandle, { readonly derived: DerivedUse; readonly id: string }>();

  /**
   * @param uses told of each use of a key that seals with an algorithm whose uses are counted
   * @param unknownKey called when a key id is not known, so that the keysets are read again
   */
  constructor(
    arena: KeyArena,
    watched: ReadonlyMap<string, WatchedKeyset>,
    uses: Pick<KeyUses, 'spend'>,
    unknownKey: () => void,
    max: number = DERIVED_MAX,
  ) {
    this.#arena = arena;
    this.#watched = watched;
    this.#uses = uses;
    this.#unknownKey = unknownKey;
    this.#max = max;
  }

  active(use: KeyUse): ActiveKey {
    const derived = this.#byIdentity.get(use) ?? this.#derivedUse(use);
    const stored = derived.watched.confirmed().active(use.algorithm);
    derived.uses?.spend(derived.watched.name, stored.id);
    if (derived.active?.id === stored.id) return derived.active;
    const active = { id: stored.id, key: this.#key(derived, stored.id, stored.key) };
    derived.active = active;
    return active;
  }

  byId(use: KeyUse, id: string): KeyHandle {
    const derived = this.#byIdentity.get(use) ?? this.#derivedUse(use);
    const keyset = derived.watched.confirmed();
    const kept = derived.byId.get(id);
    return (
      kept ??
      this.#key(
        derived,
        id,
        this.#asking(() => keyset.byId(id, use.algorithm)),
      )
    );
  }

  publicKey(purpose: Purpose, dataset: string): PublicKey {
    return this.#of(purpose, dataset).confirmed().publicKey();
  }

  privateKey(purpose: Purpose, dataset: string, id: string): KeyHandle {
    const watched = this.#of(purpose, dataset);
    requireSecret(watched);
    const keyset = watched.confirmed();
    return this.#asking(() => keyset.byId(id));
  }

  /** Ends what was derived from stored keys that are gone. */
  forget(name: string, ids: readonly string[]): void {
    for (const [key, { derived, id }] of this.#order)
      if (derived.watched.name === name && ids.includes(id)) this.#evict(key);
  }

  #of(purpose: Purpose, dataset: string): WatchedKeyset {
    const watched = this.#watched.get(keysetName(purpose, dataset));
    if (watched === undefined)
      throw new SealstreamError('KEYSET_MISSING', { keyset: keysetName(purpose, dataset) });
    return watched;
  }

  #derivedUse(use: KeyUse): DerivedUse {
    const content = JSON.stringify([use.purpose, use.algorithm, use.format, use.dataset, use.path]);
    let derived = this.#byContent.get(content);
    if (derived === undefined) {
      const watched = this.#of(use.purpose, use.dataset);
      requireSecret(watched);
      // Precondition: the use asks for an algorithm that keys of its purpose can have.
      if (!algorithmsOf(use.purpose).includes(use.algorithm))
        throw new SealstreamError('INTERNAL', { keyset: watched.name, algorithm: use.algorithm });
      const uses = use.algorithm === COUNTED ? this.#uses : undefined;
      derived = { use: { ...use }, watched, uses, byId: new Map(), active: undefined };
      this.#byContent.set(content, derived);
    }
    this.#byIdentity.set(use, derived);
    return derived;
  }

  #key(derived: DerivedUse, id: string, stored: KeyHandle): KeyHandle {
    const kept = derived.byId.get(id);
    if (kept !== undefined) return kept;
    if (this.#order.size >= this.#max) {
      const [oldest] = this.#order.keys();
      if (oldest !== undefined) this.#evict(oldest);
    }
    const key = this.#take(stored, derived.use);
    derived.byId.set(id, key);
    this.#order.set(key, { derived, id });
    return key;
  }

  /** Where no more memory can be locked, the oldest gives its slot. Throws MEMORY_NOT_LOCKED. */
  #take(stored: KeyHandle, use: KeyUse): KeyHandle {
    const derive = (): KeyHandle => this.#arena.take((slot) => deriveKey(stored, use, slot));
    try {
      return derive();
    } catch (error) {
      const isLimit = error instanceof SealstreamError && error.code === 'MEMORY_NOT_LOCKED';
      const [oldest] = this.#order.keys();
      if (!isLimit || oldest === undefined) throw error;
      this.#evict(oldest);
      return derive();
    }
  }

  #evict(key: KeyHandle): void {
    const kept = this.#order.get(key);
    this.#order.delete(key);
    this.#arena.drop(key);
    if (kept === undefined) return;
    kept.derived.byId.delete(kept.id);
    if (kept.derived.active?.key === key) kept.derived.active = undefined;
  }

  #asking(find: () => KeyHandle): KeyHandle {
    try {
      return find();
    } catch (error) {
      if (error instanceof SealstreamError && error.code === 'KEY_UNKNOWN') this.#unknownKey();
      throw error;
    }
  }
}

function requireSecret({ name, secret }: WatchedKeyset): void {
  if (!secret) throw new SealstreamError('KEY_FILE_MISSING', { keyset: name });
}
