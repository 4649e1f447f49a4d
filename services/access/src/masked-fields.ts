import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import type { VaultRows } from '@sealstream/keyring';
import { FpeField, type MaskAction, maskAction } from '@sealstream/masking';
import { type Dataset, type Part, partsOf } from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';

import { requireAlive, withBrought } from './brought-keys.ts';

/** A value that is to be masked. */
export interface MaskableValue {
  readonly text: Buffer;
  /** Index of the person whose value it is, where masks go with persons. */
  readonly subject?: Buffer | undefined;
}

const UNFIT: ErrorCode = 'RECORD_VALUE_UNFIT';
/** Masks that can be turned back, and so are worth asking for one by one. */
const TURNED_BACK: readonly string[] = ['tokenise', 'fpe'];

/**
 * Turns masked values of one dataset back, and masks single values as mask does.
 *
 * Promises: equal values of a field become what mask makes of them on the stream, and those of a shredded
 * person nothing, as there; a token gives the value that the vault keeps for it and for this field, or a
 * code.
 */
export class MaskedFields {
  readonly #dataset: Dataset;
  readonly #keys: KeySource;
  readonly #rows: VaultRows | undefined;
  readonly #actions = new Map<string, MaskAction>();

  /** @param rows the vault, of a dataset that has fields in it */
  constructor(dataset: Dataset, keys: KeySource, rows: VaultRows | undefined) {
    this.#dataset = dataset;
    this.#keys = keys;
    this.#rows = rows;
  }

  /** Paths of the fields whose masks can be turned back. */
  get paths(): readonly string[] {
    return partsOf(this.#dataset)
      .filter(({ mask }) => TURNED_BACK.includes(mask.name))
      .map(({ path }) => path);
  }

  /**
   * What each masked text of a field stood for, in their order; a code where nothing can be given.
   *
   * @param keyId of fpe: the key that masked; the active one unless told
   * @throws SealstreamError FIELD_UNKNOWN, FIELD_UNFIT, KEY_UNKNOWN, REDIS_*, KEYRING_STALE and its kin
   */
  async detokenise(
    path: string,
    masked: readonly string[],
    keyId?: string,
  ): Promise<(Buffer | ErrorCode)[]> {
    const { mask } = this.#turnable(path);
    if (mask.name === 'fpe') {
      const cipher = new FpeField(mask.parameters ?? {}, { dataset: this.#dataset.name, path });
      return masked.map((text) => {
        const out = Buffer.alloc(Buffer.byteLength(text));
        const isDone = cipher.decrypt(this.#keys, Buffer.from(text), out, keyId);
        return isDone ? out : UNFIT;
      });
    }
    if (keyId !== undefined)
      throw this.#unfit(path, 'The vault knows the key of a token: leave keyId out.');
    if (this.#rows === undefined)
      throw new SealstreamError('VAULT_MISSING', { dataset: this.#dataset.name, path });
    return this.#rows.valuesOf(this.#keys, path, masked);
  }

  /**
   * What each value becomes on the masked topic, in their order; a code where it cannot be masked.
   *
   * @throws SealstreamError as `detokenise`
   */
  async tokenise(path: string, values: readonly MaskableValue[]): Promise<(Buffer | ErrorCode)[]> {
    const field = this.#turnable(path);
    if (field.maskGoesWithSubject === true && values.some(({ subject }) => subject === undefined))
      throw this.#unfit(path, 'Say with `subject` whom each value is of.');
    const action = this.#actionOf(field);
    const out = new ByteWriter();
    return withBrought(this.#keys, values, ({ subject, text }, keys) => {
      requireAlive(keys, { subject });
      out.reset();
      return action.rewrite(text, 0, text.length, out, keys) ? out.take() : UNFIT;
    });
  }

  #actionOf({ mask, maskGoesWithSubject, path }: Part) {
    let action = this.#actions.get(path);
    if (action === undefined) {
      const { name: dataset } = this.#dataset;
      action = maskAction(mask, { dataset, path, goesWithSubject: maskGoesWithSubject });
      this.#actions.set(path, action);
    }
    // Postcondition: what can be turned back writes text.
    if (action.does !== 'rewrite') throw new SealstreamError('INTERNAL', { path });
    return action;
  }

  #turnable(path: string): Part {
    const field = partsOf(this.#dataset).find((one) => one.path === path);
    if (field === undefined)
      throw new SealstreamError('FIELD_UNKNOWN', { dataset: this.#dataset.name, path });
    if (TURNED_BACK.includes(field.mask.name)) return field;
    throw this.#unfit(
      path,
      `Its mask is ${field.mask.name}; only tokenise and fpe can be turned back.`,
    );
  }

  #unfit(path: string, hint: string): SealstreamError {
    return new SealstreamError('FIELD_UNFIT', { dataset: this.#dataset.name, path }, hint);
  }
}
