import {
  ForwardedKeys,
  type KeySource,
  type ShreddedSubjects,
  type SubjectKeySource,
  type TokenVault,
} from '@sealstream/crypto';

/** What a dataset has besides keysets, as far as those who seal, open and mask ask for it. */
interface OwnKeys {
  readonly keys?: SubjectKeySource | undefined;
  readonly shreds?: ShreddedSubjects | undefined;
  readonly vault?: TokenVault | undefined;
}

/** The keys of one dataset: those of its keysets, those of its subjects, and its vault. */
export class DatasetKeys extends ForwardedKeys {
  readonly #own: OwnKeys;

  constructor(keysets: KeySource, own: OwnKeys) {
    super(keysets);
    this.#own = own;
  }

  override get subjects(): SubjectKeySource | undefined {
    return this.#own.keys;
  }

  override get shreds(): ShreddedSubjects | undefined {
    return this.#own.shreds;
  }

  override get vault(): TokenVault | undefined {
    return this.#own.vault;
  }
}
