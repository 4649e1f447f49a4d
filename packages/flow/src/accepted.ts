import { type ByteRange, type RecordParts, SOURCE_HEADER } from '@sealstream/contracts';
import { type KeySource, RecordCipher, Scratch } from '@sealstream/crypto';
import {
  decodeEnvelope,
  emptyEnvelope,
  encodeEnvelope,
  type Envelope,
  type EnvelopeParts,
  readEnvelope,
} from './envelope.ts';
import {
  COORDINATE_AT,
  COORDINATE_BYTES,
  coordinateOf,
  decodeSourceMark,
  markBytes,
  type SourceMark,
} from './source-mark.ts';

/** A record on Kafka, as far as these codecs care. */
export interface SealedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

const EMPTY = Buffer.alloc(0);

/**
 * Records of accepted.D: the envelope sealed under the dataset's shared key, bound to its source
 * coordinate, its key on Kafka and its mark, so that none can be moved, swapped or re-marked.
 */
export class AcceptedCodec {
  readonly #cipher: RecordCipher;
  readonly #plain = new Scratch();
  readonly #source: ByteRange = { bytes: EMPTY, from: 0, to: 0 };
  readonly #envelope = emptyEnvelope();

  constructor(dataset: string) {
    this.#cipher = new RecordCipher('accepted', dataset, 'accepted');
  }

  /** `mark` as encoded by encodeSourceMark; `key` is what stands on Kafka, already hashed. */
  seal(keys: KeySource, mark: Buffer, key: Buffer | null, envelope: Envelope): SealedRecord {
    const binding = { source: coordinateOf(mark), key, headers: mark };
    const value = this.#cipher.seal(keys, binding, encodeEnvelope(envelope));
    return { key, value, headers: [[SOURCE_HEADER, mark]] };
  }

  /** Throws RECORD_NOT_AUTHENTIC, or KEY_UNKNOWN and its kin from the key source. */
  open(
    keys: KeySource,
    record: SealedRecord,
  ): { mark: SourceMark; encoded: Buffer; envelope: Envelope } {
    const encoded = markBytes(record.headers);
    const mark = decodeSourceMark(encoded);
    const binding = { source: coordinateOf(encoded), key: record.key, headers: encoded };
    const plain = this.#cipher.open(keys, binding, record.value ?? EMPTY);
    return { mark, encoded, envelope: decodeEnvelope(plain) };
  }

  /** Seals an envelope that is encoded already. A view that stands until the next one is sealed. */
  sealParts(keys: KeySource, mark: ByteRange, key: ByteRange, envelope: Buffer): Buffer {
    const binding = { source: this.#coordinate(mark), key, headers: mark };
    return this.#cipher.sealRange(keys, binding, envelope);
  }

  /**
   * Opens a record in ranges whose mark was found and is one. The parts given back are the same
   * object each time, and stand until the next record is opened.
   */
  openParts(keys: KeySource, record: RecordParts, mark: ByteRange): EnvelopeParts {
    const binding = { source: this.#coordinate(mark), key: record.key, headers: mark };
    const plain = this.#cipher.openRange(keys, binding, record.value, this.#plain);
    readEnvelope(plain, this.#envelope);
    return this.#envelope;
  }

  #coordinate({ bytes, from }: ByteRange): ByteRange {
    this.#source.bytes = bytes;
    this.#source.from = from + COORDINATE_AT;
    this.#source.to = from + COORDINATE_AT + COORDINATE_BYTES;
    return this.#source;
  }
}
