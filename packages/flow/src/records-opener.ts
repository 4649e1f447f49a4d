import {
  type ByteRange,
  type RecordHeaders,
  SealstreamError,
  SOURCE_HEADER,
  SUBJECT_HEADER,
} from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import type { HeaderPlan, KeyPlan, OpeningPlan, Refusal, Verdict } from '@sealstream/policy';
import type { SealedRecord } from './accepted.ts';
import { RecordKeys } from './record-keys.ts';
import { COORDINATE_AT, COORDINATE_BYTES } from './source-mark.ts';

const NO_MARK = Buffer.alloc(COORDINATE_AT + COORDINATE_BYTES);
const TOMBSTONE = { ok: true, value: null } as const;
const NOTHING = { ok: true } as const;
/** A second bring follows when a key moved meanwhile; more would be a fault of the source. */
const BRINGS_MAX = 5;

/**
 * What opening one record gave; a tombstone has no value. Where headers can be opened, all of them, in
 * their order; where the key can, the key.
 */
export type OpenedRecord =
  | Exclude<Verdict, { readonly ok: true }>
  | {
      readonly ok: true;
      readonly value: Buffer | null;
      readonly headers?: RecordHeaders;
      readonly key?: Buffer | null;
    };

/** What opens headers and keys. */
export interface OpeningParts {
  readonly headers: HeaderPlan;
  /** Undefined where keys stay as they are. */
  readonly key: KeyPlan | undefined;
}

/**
 * Opens sealed fields of records of encrypted.D by a plan, as far as its keys go. A record that does
 * not open gives its code; what concerns the keys as a whole is thrown.
 */
export class RecordsOpener {
  readonly #plan: OpeningPlan;
  readonly #keys: RecordKeys;
  readonly #source: ByteRange;
  readonly #parts: OpeningParts;

  constructor(plan: OpeningPlan, keys: KeySource, parts: OpeningParts) {
    this.#plan = plan;
    this.#parts = parts;
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

  /** Does something with the keys of one record, as often as keys of subjects have to be fetched. */
  async withKeys<T>(headers: SealedRecord['headers'], work: (keys: KeySource) => T): Promise<T> {
    for (let brings = 0; ; brings += 1) {
      this.#place(headers);
      try {
        return work(this.#keys);
      } catch (error) {
        const { subjects } = this.#keys;
        if (!isWanting(error) || subjects === undefined || brings === BRINGS_MAX) throw error;
        await subjects.bring();
      }
    }
  }

  /** Undefined while the key of its subject is not in memory. */
  #open({ headers, key, value }: SealedRecord): OpenedRecord | undefined {
    this.#place(headers);
    try {
      const parts = this.#openParts(headers, key);
      if (!parts.ok) return parts;
      const opened = value === null ? TOMBSTONE : this.#plan.open(value, this.#keys);
      return opened.ok ? { ...opened, ...parts } : opened;
    } catch (error) {
      if (isWanting(error)) return undefined;
      throw error;
    }
  }

  #openParts(
    headers: RecordHeaders,
    key: Buffer | null,
  ): Refusal | { ok: true; headers?: RecordHeaders; key?: Buffer | null } {
    const plans = this.#parts;
    const ofHeaders = plans.headers.isEmpty ? NOTHING : plans.headers.treat(headers, this.#keys);
    if (!ofHeaders.ok) return ofHeaders;
    const ofKey = plans.key?.treat(key, this.#keys) ?? NOTHING;
    return ofKey.ok ? { ...ofHeaders, ...ofKey } : ofKey;
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

function isWanting(error: unknown): boolean {
  return error instanceof SealstreamError && error.code === 'SUBJECT_KEYS_WANTED';
}
