import { type Grant, SealstreamError } from '@sealstream/contracts';
import {
  type FieldCipher,
  fieldCipher,
  type KeySource,
  type OpenedField,
  type SealMethod,
} from '@sealstream/crypto';
import { type OpenedRecord, RecordsOpener } from '@sealstream/flow';
import { fieldsPlan, openHeaders, openKey } from '@sealstream/policy';
import { bytesOf, type ConsumedRecord, sealedRecord } from './consumed-record.ts';

/** What a grant says of itself. */
export interface GrantFacts {
  readonly id: string;
  readonly dataset: string;
  readonly consumer: string;
  readonly expires: Date;
  /** Paths of the granted fields. */
  readonly paths: readonly string[];
}

/**
 * Opens the granted fields of records.
 *
 * Every call throws GRANT_EXPIRED once the grant is over, with all keys zeroed, and USAGE after
 * `close`.
 */
export class GrantReader {
  readonly grant: GrantFacts;
  readonly #opener: RecordsOpener;
  readonly #ciphers: ReadonlyMap<string, FieldCipher>;
  readonly #zero: () => void;
  #isClosed = false;
  /** Stays, also when somebody sets the clock back: the keys are gone. */
  #isOver = false;

  /** @param zero ends every key */
  constructor(grant: Grant, keys: KeySource, zero: () => void) {
    const { consumer, dataset, expires, fields, id } = grant;
    const paths = fields.map(({ path }) => path);
    this.grant = Object.freeze({ id, dataset, consumer, expires: new Date(expires), paths });
    this.#zero = zero;
    const sealed = fields.map((field) => ({ path: field.path, seal: methodOf(field) }));
    const ofValues = sealed.filter(({ path }) => path.startsWith('/'));
    const parts = { headers: openHeaders(dataset, sealed), key: openKey(dataset, sealed) };
    this.#opener = new RecordsOpener(fieldsPlan(dataset, ofValues), keys, parts);
    this.#ciphers = new Map(
      sealed.map(({ path, seal }) => [path, fieldCipher(dataset, path, seal)]),
    );
  }

  /**
   * The value of a record with its granted fields opened and all else as it stands, other tokens
   * among it; null for a tombstone. The caller's own.
   *
   * Throws why the record does not open, and what `openBatch` throws.
   */
  async open(record: ConsumedRecord): Promise<Buffer | null> {
    const [opened] = await this.openBatch([record]);
    const { dataset } = this.grant;
    // Postcondition: each record of a batch has its answer.
    if (opened === undefined) throw new SealstreamError('INTERNAL', { dataset });
    if (opened.ok) return opened.value;
    const { byte, code, path } = opened;
    throw new SealstreamError(code, { dataset, path, byte });
  }

  /**
   * The same for many records, in their order; keys of single persons are asked for once for all of
   * them. A record that does not open gives its code, such as RECORD_NOT_AUTHENTIC, GRANT_LACKS_KEY
   * or SUBJECT_SHREDDED, and keeps no other from being opened. Where headers were granted, each record
   * has all of its `headers`, the granted ones opened; where the key was, its `key`.
   *
   * Throws GRANT_REVOKED, GRANT_EXPIRED and what else the resolver throws.
   */
  async openBatch(records: readonly ConsumedRecord[]): Promise<OpenedRecord[]> {
    this.#requireOpen();
    return this.#opener.openAll(records.map(sealedRecord));
  }

  /**
   * Opens one token of a granted field.
   *
   * @param path the policy's path pattern, such as `/address/street`, `#header/NAME` or `#key`
   * @param record whose headers count, for a field that is bound to its record or subject
   * Throws GRANT_LACKS_FIELD, TOKEN_MALFORMED, RECORD_NOT_AUTHENTIC, and as `open`.
   */
  async openField(
    path: string,
    token: Uint8Array | string,
    record?: Pick<ConsumedRecord, 'headers'>,
  ): Promise<OpenedField> {
    this.#requireOpen();
    const cipher = this.#ciphers.get(path);
    if (cipher === undefined) throw new SealstreamError('GRANT_LACKS_FIELD', { path });
    const { headers } = sealedRecord({ value: null, headers: record?.headers });
    const bytes = bytesOf(token) ?? Buffer.alloc(0);
    return this.#opener.withKeys(headers, (keys) => cipher.open(keys, bytes));
  }

  /** Zeroes every key. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#zero();
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new SealstreamError('USAGE', {}, 'This grant was closed.');
    const { expires, id } = this.grant;
    if (!this.#isOver && expires.getTime() > Date.now()) return;
    this.#isOver = true;
    this.#zero();
    throw new SealstreamError('GRANT_EXPIRED', { grant: id, expires: expires.toISOString() });
  }
}

/** Padding makes no difference to whoever opens. */
function methodOf({ algorithm, bind, form, purpose }: Grant['fields'][number]): SealMethod {
  return { algorithm, bind, form, keys: purpose, pad: true };
}
