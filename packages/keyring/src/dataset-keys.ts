import {
  ForwardedKeys,
  type KeySource,
  type ShreddedSubjects,
  type SubjectKeySource,
} from '@sealstream/crypto';

/** The subjects of a dataset, as far as those who seal and open ask for them. */
interface OwnSubjects {
  readonly keys: SubjectKeySource;
  readonly shreds: ShreddedSubjects;
}

/** The keys of one dataset: those of its keysets, and those of its subjects. */
export class DatasetKeys extends ForwardedKeys {
  readonly #own: OwnSubjects;

  constructor(keysets: KeySource, own: OwnSubjects) {
    super(keysets);
    this.#own = own;
  }

  override get subjects(): SubjectKeySource {
    return this.#own.keys;
  }

  override get shreds(): ShreddedSubjects {
    return this.#own.shreds;
  }
}
