import { SealstreamError } from '@sealstream/contracts';
import type { Format, KeyUse } from './derivation.ts';
import type { KeyHandle } from './key-handle.ts';
import type { ActiveKey, KeySource, SubjectKeySource } from './key-source.ts';
import type { SealMethod } from './seal-method.ts';

/** One use of the keys of a field, which are those of the dataset or of the record's subject. */
export class FieldKeys {
  readonly use: KeyUse;
  readonly #ofSubject: boolean;

  constructor(dataset: string, path: string, method: SealMethod, format: Format) {
    const { algorithm, keys: purpose } = method;
    this.use = Object.freeze({ purpose, algorithm, format, dataset, path });
    this.#ofSubject = purpose === 'subject';
  }

  /** The key that seals now. Throws what the source throws. */
  active(keys: KeySource): ActiveKey {
    if (!this.#ofSubject) return keys.active(this.use);
    const subject = keys.record?.subject;
    // Precondition: a record of a dataset with subjects has one; ingest saw to it.
    if (subject === undefined)
      throw new SealstreamError('RECORD_MISSING_FIELD', { dataset: this.use.dataset });
    return this.#subjects(keys).active(this.use, subject.bytes, subject.from);
  }

  /** The key that a token names. Throws what the source throws. */
  byId(keys: KeySource, id: string): KeyHandle {
    return this.#ofSubject ? this.#subjects(keys).byId(this.use, id) : keys.byId(this.use, id);
  }

  #subjects({ subjects }: KeySource): SubjectKeySource {
    if (subjects !== undefined) return subjects;
    const { dataset } = this.use;
    throw new SealstreamError('KEYSET_MISSING', { keyset: `subject/${dataset}` });
  }
}
