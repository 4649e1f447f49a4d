import type { Purpose } from '@sealstream/contracts';
import type {
  ActiveKey,
  KeyHandle,
  KeySource,
  KeyUse,
  PublicKey,
  ShreddedSubjects,
  SubjectKeySource,
} from '@sealstream/crypto';

/** The keys of one dataset: those of its keysets, and those of its subjects. */
export class DatasetKeys implements KeySource {
  readonly #keysets: KeySource;
  readonly subjects: SubjectKeySource;
  readonly shreds: ShreddedSubjects;

  constructor(
    keysets: KeySource,
    subjects: { readonly keys: SubjectKeySource; readonly shreds: ShreddedSubjects },
  ) {
    this.#keysets = keysets;
    this.subjects = subjects.keys;
    this.shreds = subjects.shreds;
  }

  active(use: KeyUse): ActiveKey {
    return this.#keysets.active(use);
  }

  byId(use: KeyUse, id: string): KeyHandle {
    return this.#keysets.byId(use, id);
  }

  publicKey(purpose: Purpose, dataset: string): PublicKey {
    return this.#keysets.publicKey(purpose, dataset);
  }

  privateKey(purpose: Purpose, dataset: string, id: string): KeyHandle {
    return this.#keysets.privateKey(purpose, dataset, id);
  }
}
