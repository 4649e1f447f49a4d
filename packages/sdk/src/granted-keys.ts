import { type Grant, SealstreamError } from '@sealstream/contracts';
import type { ActiveKey, KeyHandle, KeySource, KeyUse, SubjectKeySource } from '@sealstream/crypto';
import type { KeyMemory } from './key-memory.ts';

/** Derived keys of one use, by key id. */
type KeysOfUse = ReadonlyMap<string, KeyHandle>;

/** The keys that stand in a grant. Nothing can be sealed with them. */
export class GrantedKeys implements KeySource {
  readonly subjects: SubjectKeySource;
  readonly #grant: Grant;
  /** By path, for opening and for checking nonces. */
  readonly #opening = new Map<string, KeysOfUse>();
  readonly #checking = new Map<string, KeysOfUse>();

  constructor(grant: Grant, memory: KeyMemory, subjects: SubjectKeySource) {
    this.#grant = grant;
    this.subjects = subjects;
    for (const { keys, path } of grant.fields) {
      const kept = (of: (key: (typeof keys)[number]) => string | undefined): KeysOfUse =>
        new Map(
          keys.flatMap((key) => {
            const text = of(key);
            return text === undefined ? [] : [[key.id, memory.keep(text)]];
          }),
        );
      this.#opening.set(
        path,
        kept(({ key }) => key),
      );
      this.#checking.set(
        path,
        kept(({ nonceKey }) => nonceKey),
      );
    }
  }

  byId({ format, path }: KeyUse, id: string): KeyHandle {
    const keys = format === 'synthetic-nonce' ? this.#checking : this.#opening;
    const key = keys.get(path)?.get(id);
    if (key !== undefined) return key;
    const { dataset, id: grant } = this.#grant;
    throw new SealstreamError('GRANT_LACKS_KEY', { grant, dataset, path, key: id });
  }

  active(): ActiveKey {
    throw new SealstreamError('INTERNAL', { reason: 'a grant opens and does not seal' });
  }

  publicKey(): never {
    throw new SealstreamError('INTERNAL', { reason: 'a grant has no public key' });
  }

  privateKey(): never {
    throw new SealstreamError('INTERNAL', { reason: 'a grant has no private key' });
  }
}
