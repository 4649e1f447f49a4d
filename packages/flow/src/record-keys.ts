import type { ByteRange, Purpose } from '@sealstream/contracts';
import type {
  ActiveKey,
  KeyHandle,
  KeySource,
  KeyUse,
  PublicKey,
  ShreddedSubjects,
  SubjectKeySource,
} from '@sealstream/crypto';

/** Keys as one record sees them. Whoever treats records sets `record` before each. */
export class RecordKeys implements KeySource {
  readonly record: { subject: ByteRange | undefined; source: ByteRange };
  readonly #keys: KeySource;

  constructor(keys: KeySource, source: ByteRange) {
    this.#keys = keys;
    this.record = { subject: undefined, source };
  }

  get subjects(): SubjectKeySource | undefined {
    return this.#keys.subjects;
  }

  get shreds(): ShreddedSubjects | undefined {
    return this.#keys.shreds;
  }

  active(use: KeyUse): ActiveKey {
    return this.#keys.active(use);
  }

  byId(use: KeyUse, id: string): KeyHandle {
    return this.#keys.byId(use, id);
  }

  publicKey(purpose: Purpose, dataset: string): PublicKey {
    return this.#keys.publicKey(purpose, dataset);
  }

  privateKey(purpose: Purpose, dataset: string, id: string): KeyHandle {
    return this.#keys.privateKey(purpose, dataset, id);
  }
}
