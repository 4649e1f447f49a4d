import {
  type ByteRange,
  SealstreamError,
  SOURCE_HEADER,
  SUBJECT_HEADER,
} from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { type Dataset, openPlan, type Plan, Tally, type Verdict } from '@sealstream/policy';
import type { SealedRecord } from './accepted.ts';
import { RecordKeys } from './record-keys.ts';
import { COORDINATE_AT, COORDINATE_BYTES } from './source-mark.ts';

const NO_MARK = Buffer.alloc(COORDINATE_AT + COORDINATE_BYTES);
/** A second bring follows when a key moved meanwhile; more would be a fault of the source. */
const BRINGS_MAX = 5;

/** What opening one record gave; a tombstone has no value. */
export type OpenedRecord = Verdict | { readonly ok: true; readonly value: null };

/**
 * Opens records of encrypted.D, for whoever may: all fields that encrypt sealed, byte for byte. A
 * record that does not open gives its code; what concerns the keys as a whole is thrown.
 */
export class EncryptedOpener {
  readonly #plan: Plan;
  readonly #keys: RecordKeys;
  readonly #source: ByteRange;
  readonly #tally = new Tally();

  constructor(dataset: Dataset, keys: KeySource) {
    this.#plan = openPlan(dataset);
    this.#source = { bytes: NO_MARK, from: 0, to: 0 };
    this.#keys = new RecordKeys(keys, this.#source);
  }

  /**
   * Opens records, in their order, and fetches keys of subjects for all of them at once.
   *
   * Throws KEY_UNKNOWN, KEYRING_STALE and their kin.
   */
  async openAll(records: readonly SealedRecord[]): Promise<OpenedRecord[]> {
    const opened: (OpenedRecord | undefined)[] = records.map(() => undefined);
    for (let brings = 0; ; brings += 1) {
      for (const [at, record] of records.entries()) opened[at] ??= this.#open(record);
      const { subjects } = this.#keys;
      if (!opened.includes(undefined)) break;
      if (subjects === undefined || brings === BRINGS_MAX)
        throw new SealstreamError('SUBJECT_KEYS_WANTED');
      await subjects.bring();
    }
    return opened.filter((one) => one !== undefined);
  }

  /** Undefined while the key of its subject is not in memory. */
  #open({ headers, value }: SealedRecord): OpenedRecord | undefined {
    if (value === null) return { ok: true, value };
    this.#place(headers);
    try {
      return this.#plan.apply(value, this.#keys, this.#tally);
    } catch (error) {
      const isWanting = error instanceof SealstreamError && error.code === 'SUBJECT_KEYS_WANTED';
      if (isWanting) return undefined;
      throw error;
    }
  }

  /** Says which record it is, for tokens that are bound to it. A forged one opens none of them. */
  #place(headers: SealedRecord['headers']): void {
    const mark = headers.find(([name]) => name === SOURCE_HEADER)?.[1] ?? NO_MARK;
    const index = headers.find(([name]) => name === SUBJECT_HEADER)?.[1] ?? null;
    const isMark = mark.length >= COORDINATE_AT + COORDINATE_BYTES;
    this.#source.bytes = isMark ? mark : NO_MARK;
    this.#source.from = COORDINATE_AT;
    this.#source.to = COORDINATE_AT + COORDINATE_BYTES;
    const bytes = index?.length === COORDINATE_BYTES ? index : NO_MARK;
    this.#keys.record.subject = { bytes, from: 0, to: COORDINATE_BYTES };
  }
}
