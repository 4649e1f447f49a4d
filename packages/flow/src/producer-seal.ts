import { ERRORS, type RejectCode, SealstreamError } from '@sealstream/contracts';
import { type KeySource, looksProducerSealed, ProducerCipher } from '@sealstream/crypto';
import type { Dataset } from '@sealstream/policy';

/** For so long a key id may be unknown because the keyset that has it is on its way. */
const WAIT_MS = 2000;
/** A producer that invents key ids holds a flow up no oftener than this. */
const WAIT_EACH_MS = 60_000;

/** What stands in a raw record, or why it is refused. */
export type Unsealed = { readonly value: Buffer } | { readonly code: RejectCode };

/**
 * Opens records that their producers sealed, and holds the policy's `producerSeal` against those that
 * are and those that are not.
 */
export class ProducerSeals {
  readonly #rule: Dataset['producerSeal'];
  readonly #cipher: ProducerCipher;
  readonly #now: () => number;
  #waitsFrom = Number.NEGATIVE_INFINITY;

  /** @param now monotonic milliseconds */
  constructor(dataset: Dataset, now: () => number = () => performance.now()) {
    this.#rule = dataset.producerSeal;
    this.#cipher = new ProducerCipher(dataset.name);
    this.#now = now;
  }

  /** Why a record that is not sealed is refused; undefined when it may be so. */
  get plainFault(): RejectCode | undefined {
    return this.#rule === 'required' ? 'RECORD_NOT_SEALED' : undefined;
  }

  isSealed(bytes: Buffer, from: number, to: number): boolean {
    return looksProducerSealed(bytes, from, to);
  }

  /**
   * @param key the record's key on Kafka
   * Throws KEYRING_STALE and its kin, and KEY_UNKNOWN for a moment after the keys were rotated; then
   * the record is to be tried again.
   */
  open(keys: Pick<KeySource, 'privateKey'>, key: Buffer | null, sealed: Buffer): Unsealed {
    if (this.#rule === 'refused') return { code: 'RECORD_LOOKS_SEALED' };
    try {
      return { value: this.#cipher.open(keys, key, sealed) };
    } catch (error) {
      return { code: this.#fault(error) };
    }
  }

  /** The code of what is the record's own fault; all else is thrown on. */
  #fault(error: unknown): RejectCode {
    if (!(error instanceof SealstreamError)) throw error;
    if (error.code === 'KEY_UNKNOWN') {
      if (this.#mayWait()) throw error;
      return 'RECORD_NOT_AUTHENTIC';
    }
    if (isOneRecords(error.code)) return error.code;
    throw error;
  }

  #mayWait(): boolean {
    const now = this.#now();
    if (now - this.#waitsFrom >= WAIT_EACH_MS) this.#waitsFrom = now;
    return now - this.#waitsFrom < WAIT_MS;
  }
}

function isOneRecords(code: SealstreamError['code']): code is RejectCode {
  return ERRORS[code].class === 'record';
}
