import { SOURCE_HEADER } from '@sealstream/contracts';
import { type KeySource, RecordCipher } from '@sealstream/crypto';
import { decodeEnvelope, encodeEnvelope, type Envelope } from './envelope.ts';
import { coordinateOf, decodeSourceMark, markBytes, type SourceMark } from './source-mark.ts';

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
}
