import { type Purpose, SealstreamError } from '@sealstream/contracts';
import { deriveKey, type KeyUse } from '../src/derivation.ts';
import { type KeyHandle, keyHandle } from '../src/key-handle.ts';
import { publicKeyOf } from '../src/key-wrap.ts';
import type { ActiveKey, KeySource, PublicKey, SubjectKeySource } from '../src/key-source.ts';

/** A key source over given bytes: key id to 32 bytes; the last id is the active one. */
export class MemoryKeys implements KeySource {
  readonly #stored: ReadonlyMap<string, Buffer>;
  readonly #derived = new Map<string, KeyHandle>();
  readonly #activeId: string;
  /** One key for all subjects. */
  readonly subjects: SubjectKeySource = {
    active: (use) => this.active(use),
    byId: (use, id) => this.byId(use, id),
    wants: false,
    bring: () => Promise.resolve(),
  };

  constructor(stored: Readonly<Record<string, Buffer>>) {
    this.#stored = new Map(Object.entries(stored));
    this.#activeId = Object.keys(stored).at(-1) ?? '';
  }

  active(use: KeyUse): ActiveKey {
    return { id: this.#activeId, key: this.byId(use, this.#activeId) };
  }

  byId(use: KeyUse, id: string): KeyHandle {
    const name = JSON.stringify([use, id]);
    const kept = this.#derived.get(name);
    if (kept !== undefined) return kept;
    const derived = deriveKey(this.#of(id), use, Buffer.alloc(32));
    this.#derived.set(name, derived);
    return derived;
  }

  publicKey(_purpose: Purpose, _dataset: string): PublicKey {
    return { id: this.#activeId, publicKey: publicKeyOf(this.#of(this.#activeId)) };
  }

  privateKey(_purpose: Purpose, _dataset: string, id: string): KeyHandle {
    return this.#of(id);
  }

  #of(id: string): KeyHandle {
    const bytes = this.#stored.get(id);
    if (bytes === undefined) throw new SealstreamError('KEY_UNKNOWN', { key: id });
    return keyHandle(bytes);
  }
}
