import { SealstreamError } from '@sealstream/contracts';
import {
  deriveKey,
  generateKey,
  type KeyHandle,
  type KeySource,
  type KeyUse,
  keyHandle,
  type SubjectKeySource,
} from '@sealstream/crypto';

const RECORD = { bytes: Buffer.alloc(16, 7), from: 0, to: 16 };

/** Keys in memory, derived for each use as the keyring does. */
export class TestKeys implements KeySource {
  activeId = 'AAAAAAAAAAAA';
  /** One key for all subjects. */
  readonly subjects: SubjectKeySource = {
    active: (use) => this.active(use),
    byId: (use, id) => this.byId(use, id),
    wants: false,
    bring: () => Promise.resolve(),
  };
  readonly record = { subject: RECORD, source: RECORD };
  readonly #stored = new Map<string, KeyHandle>();
  readonly #derived = new Map<string, KeyHandle>();

  constructor() {
    this.rotate('AAAAAAAAAAAA');
  }

  rotate(id: string): void {
    const slot = Buffer.alloc(32);
    generateKey(slot);
    this.#stored.set(id, keyHandle(slot));
    this.activeId = id;
  }

  active(use: KeyUse): { id: string; key: KeyHandle } {
    return { id: this.activeId, key: this.byId(use, this.activeId) };
  }

  byId(use: KeyUse, id: string): KeyHandle {
    const stored = this.#stored.get(id);
    if (stored === undefined) throw new SealstreamError('KEY_UNKNOWN', { key: id });
    const name = JSON.stringify([use, id]);
    const key = this.#derived.get(name) ?? deriveKey(stored, use, Buffer.alloc(32));
    this.#derived.set(name, key);
    return key;
  }

  publicKey(): never {
    throw new SealstreamError('KEYSET_MISSING');
  }

  privateKey(): never {
    throw new SealstreamError('KEYSET_MISSING');
  }
}

/** A key source whose server is away. */
export const noKeys: KeySource = {
  record: { subject: RECORD, source: RECORD },
  subjects: {
    active: () => {
      throw new SealstreamError('KEYRING_STALE');
    },
    byId: () => {
      throw new SealstreamError('KEYRING_STALE');
    },
    wants: false,
    bring: () => Promise.resolve(),
  },
  active: () => {
    throw new SealstreamError('KEYRING_STALE');
  },
  byId: () => {
    throw new SealstreamError('KEYRING_STALE');
  },
  publicKey: () => {
    throw new SealstreamError('KEYRING_STALE');
  },
  privateKey: () => {
    throw new SealstreamError('KEYRING_STALE');
  },
};
