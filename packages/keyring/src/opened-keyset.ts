import { type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  type ActiveKey,
  type Algorithm,
  keyDigest,
  type KeyHandle,
  type PublicKey,
  publicKeyOf,
  unwrapKey,
} from '@sealstream/crypto';
import type { KeyArena } from './arena.ts';
import { unwrapped } from './keyset-change.ts';
import {
  ALGORITHMS,
  keyContext,
  type KeysetDocument,
  type KeysetKey,
  keysetName,
  type SignedKeyset,
} from './keyset-document.ts';
import type { OutermostKeys } from './outermost-keys.ts';

/**
 * The keys of one keyset in memory, unwrapped when this process holds the purpose's outermost key,
 * public halves alone when it does not.
 *
 * Promises: an update is taken on whole or not at all; a key that is destroyed or gone is zeroed;
 * the wrapping key stays in memory only while it unwraps.
 */
export class OpenedKeyset {
  readonly purpose: Purpose;
  readonly dataset: string;
  readonly #arena: KeyArena;
  readonly #outermost: OutermostKeys | undefined;
  #document: KeysetDocument | undefined;
  #keys = new Map<string, KeysetKey>();
  #stored = new Map<string, KeyHandle>();
  #active = new Map<Algorithm, ActiveKey>();
  #public: PublicKey | undefined;

  constructor(
    purpose: Purpose,
    dataset: string,
    arena: KeyArena,
    outermost: OutermostKeys | undefined,
  ) {
    this.purpose = purpose;
    this.dataset = dataset;
    this.#arena = arena;
    this.#outermost = outermost;
  }

  get name(): string {
    return keysetName(this.purpose, this.dataset);
  }

  /** Whether there is a key to seal with. */
  get usable(): boolean {
    return this.#active.size > 0 || this.#public !== undefined;
  }

  /** Whether keys were unwrapped here. */
  get secret(): boolean {
    return this.#outermost !== undefined;
  }

  /** The id of the key that seals with an algorithm now, if there is one. */
  activeId(algorithm: Algorithm): string | undefined {
    return this.#active.get(algorithm)?.id;
  }

  /** The stored key that seals now. Throws KEYSET_MISSING or KEY_NOT_ACTIVE. */
  active(algorithm: Algorithm = ALGORITHMS[this.purpose]): ActiveKey {
    const active = this.#active.get(algorithm);
    if (active !== undefined) return active;
    const all = [...this.#keys.values()].filter((key) => key.algorithm === algorithm);
    // A first key that is still pending is as good as one that is not there yet.
    const isComing = all.length === 0 || all.some(({ state }) => state === 'pending');
    const code = isComing ? 'KEYSET_MISSING' : 'KEY_NOT_ACTIVE';
    throw new SealstreamError(code, { keyset: this.name, algorithm });
  }

  /**
   * A stored key by its id, whatever its state. Throws KEY_DESTROYED or KEY_UNKNOWN, and
   * RECORD_NOT_AUTHENTIC when the keyset says that the key is for another algorithm.
   */
  byId(id: string, algorithm: Algorithm = ALGORITHMS[this.purpose]): KeyHandle {
    const key = this.#keys.get(id);
    if (key !== undefined && key.algorithm !== algorithm)
      throw new SealstreamError('RECORD_NOT_AUTHENTIC', { keyset: this.name, key: id, algorithm });
    const stored = this.#stored.get(id);
    if (stored !== undefined) return stored;
    const code = key?.state === 'destroyed' ? 'KEY_DESTROYED' : 'KEY_UNKNOWN';
    throw new SealstreamError(code, { keyset: this.name, key: id });
  }

  /** The public half that seals now. */
  publicKey(): PublicKey {
    if (this.#public !== undefined) return this.#public;
    this.active();
    throw new SealstreamError('INTERNAL', { keyset: this.name, reason: 'not a key pair' });
  }

  /**
   * Takes on a checked document.
   *
   * @returns ids whose keys are gone; what was derived from them must go too
   * Throws KEYSET_UNREADABLE and what the provider throws; the old state stays then.
   */
  async update({ document }: SignedKeyset): Promise<string[]> {
    const before = this.#document;
    const known = (key: KeysetKey): boolean =>
      this.#stored.has(key.id) &&
      before?.wrappingKey === document.wrappingKey &&
      this.#keys.get(key.id)?.wrapped === key.wrapped &&
      this.#keys.get(key.id)?.digest === key.digest;
    const fresh = document.keys.filter((key) => key.state !== 'destroyed' && !known(key));
    const opened = await this.#unwrap(document, fresh);
    const gone = [...this.#stored.keys()].filter(
      (id) =>
        opened.has(id) || !document.keys.some((key) => key.id === id && key.wrapped !== undefined),
    );
    for (const id of gone) this.#forget(id);
    for (const [id, key] of opened) this.#stored.set(id, key);
    this.#document = document;
    this.#keys = new Map(document.keys.map((key) => [key.id, key]));
    this.#choose();
    return gone;
  }

  /** Ends every key. */
  close(): void {
    for (const id of this.#stored.keys()) this.#forget(id);
    this.#active.clear();
    this.#public = undefined;
    this.#document = undefined;
    this.#keys.clear();
  }

  async #unwrap(document: KeysetDocument, fresh: KeysetKey[]): Promise<Map<string, KeyHandle>> {
    const opened = new Map<string, KeyHandle>();
    const outermost = this.#outermost;
    if (outermost === undefined || fresh.length === 0) return opened;
    const wrapping = await unwrapped(document, outermost, this.#arena);
    try {
      for (const key of fresh)
        opened.set(
          key.id,
          this.#arena.take((slot) => openKey(document, key, wrapping, slot)),
        );
      return opened;
    } catch (error) {
      for (const key of opened.values()) this.#arena.drop(key);
      throw error;
    } finally {
      this.#arena.drop(wrapping);
    }
  }

  #choose(): void {
    const active = [...this.#keys.values()].filter(({ state }) => state === 'active');
    this.#active.clear();
    for (const { algorithm, id } of active) {
      const key = this.#stored.get(id);
      if (key !== undefined) this.#active.set(algorithm, { id, key });
    }
    const pair = active.find(({ publicKey }) => publicKey !== undefined);
    this.#public =
      pair?.publicKey === undefined
        ? undefined
        : { id: pair.id, publicKey: Buffer.from(pair.publicKey, 'base64url') };
  }

  #forget(id: string): void {
    const key = this.#stored.get(id);
    if (key !== undefined) this.#arena.drop(key);
    this.#stored.delete(id);
  }
}

/** Unwraps one key and holds it against its digest, and its public half against the document. */
function openKey(
  document: KeysetDocument,
  key: KeysetKey,
  wrapping: KeyHandle,
  slot: Buffer,
): KeyHandle {
  const context = keyContext(document, key);
  const opened = unwrapKey(wrapping, context, Buffer.from(key.wrapped ?? '', 'base64url'), slot);
  const digest = keyDigest(opened, context).toString('base64url');
  const pair = key.publicKey === undefined || publicKeyOf(opened).toString('base64url');
  if (digest === key.digest && (pair === true || pair === key.publicKey)) return opened;
  throw new SealstreamError('KEYSET_UNREADABLE', {
    keyset: keysetName(document.purpose, document.dataset),
    key: key.id,
  });
}
