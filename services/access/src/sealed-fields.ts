import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import {
  type FieldCipher,
  fieldCipher,
  type KeySource,
  type OpenedField,
  type PlainType,
} from '@sealstream/crypto';
import { recordIdOf } from '@sealstream/flow';
import { type Dataset, type Part, partsOf } from '@sealstream/policy';

import { requireAlive, withBrought } from './brought-keys.ts';

/** Nobody's index: a token that is bound to a person does not open with it. */
const NOBODY = Buffer.alloc(16);

/** A token of one field, and of which record it is where it is bound to that. */
export interface SealedValue {
  /** The policy's path pattern. */
  readonly path: string;
  readonly token: string;
  /** Bytes of the record's own headers of these names. */
  readonly source?: Buffer | undefined;
  readonly subject?: Buffer | undefined;
}

/** A value to be sealed, as it is to return. */
export interface PlainValue {
  readonly path: string;
  readonly type: PlainType;
  readonly plain: Buffer;
  /** Index of the person, where the field is sealed under keys of persons. */
  readonly subject?: Buffer | undefined;
}

/**
 * Opens the sealed fields of one dataset, and seals values for them.
 *
 * Promises: a token opens for the path alone that it was sealed for; what does not open gives its code
 * and keeps no other from being opened; keys of single persons are fetched for all at once.
 */
export class SealedFields {
  readonly #dataset: Dataset;
  readonly #keys: KeySource;
  readonly #ciphers: ReadonlyMap<string, FieldCipher>;
  readonly #sealed: readonly Part[];

  constructor(dataset: Dataset, keys: KeySource) {
    this.#dataset = dataset;
    this.#keys = keys;
    this.#sealed = partsOf(dataset).filter(({ encrypt }) => encrypt === 'seal');
    this.#ciphers = new Map(
      this.#sealed.map(({ path, seal }) => [path, fieldCipher(dataset.name, path, seal)]),
    );
  }

  /** Paths of the fields that are sealed. */
  get paths(): readonly string[] {
    return [...this.#ciphers.keys()];
  }

  /**
   * The values behind tokens, in their order; a code where there is none to give.
   *
   * @throws SealstreamError FIELD_UNKNOWN for a path that is not sealed, and KEYRING_STALE and its kin
   */
  reveal(values: readonly SealedValue[]): Promise<(OpenedField | ErrorCode)[]> {
    for (const { path } of values) this.#requireSealed(path);
    const bound = values.map(({ path, source, subject = NOBODY, token }) => {
      return { path, token, source: recordIdOf(source), subject };
    });
    return withBrought(this.#keys, bound, (value, keys) => {
      const cipher = this.#requireSealed(value.path);
      return cipher.open(keys, Buffer.from(value.token, 'latin1'));
    });
  }

  /**
   * Tokens of values, in their order, as encrypt would seal them; a code where a value cannot be.
   *
   * @throws SealstreamError FIELD_UNKNOWN, FIELD_UNFIT for a field that is bound to a record or to a
   *   person that was not given, and as `reveal`
   */
  seal(values: readonly PlainValue[]): Promise<(Buffer | ErrorCode)[]> {
    for (const { path, subject } of values) this.#requireSealable(path, subject);
    return withBrought(this.#keys, values, ({ path, plain, subject, type }, keys) => {
      requireAlive(keys, { subject });
      return this.#requireSealed(path).seal(keys, type, plain);
    });
  }

  #requireSealable(path: string, subject: Buffer | undefined): void {
    this.#requireSealed(path);
    const seal = this.#sealed.find((field) => field.path === path)?.seal;
    const place = { dataset: this.#dataset.name, path };
    if (seal?.bind.includes('record-id') === true)
      throw new SealstreamError(
        'FIELD_UNFIT',
        place,
        'It is bound to its record: let encrypt seal it.',
      );
    const needsSubject = seal?.keys === 'subject' || seal?.bind.includes('subject') === true;
    if (needsSubject && subject === undefined)
      throw new SealstreamError('FIELD_UNFIT', place, 'Say with `subject` whom the value is of.');
  }

  #requireSealed(path: string): FieldCipher {
    const cipher = this.#ciphers.get(path);
    if (cipher === undefined)
      throw new SealstreamError('FIELD_UNKNOWN', { dataset: this.#dataset.name, path });
    return cipher;
  }
}
