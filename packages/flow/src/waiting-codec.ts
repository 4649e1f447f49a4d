import { SealstreamError } from '@sealstream/contracts';
import { type KeySource, RecordCipher } from '@sealstream/crypto';
import type { RawValue } from '@sealstream/kanonymity';

/** A record that waits for its group, as far as it takes part. */
export interface WaitingRecord {
  /** 16 random bytes: says nothing of the record, and no other has it. */
  readonly id: Buffer;
  /** Which fields the values are of; see GroupPlan. */
  readonly shape: string;
  readonly values: readonly RawValue[];
  readonly sensitive: readonly string[];
  /** The index of its subject. */
  readonly subject: Buffer;
  /** When mask took it, in milliseconds since 1970. */
  readonly takenMs: number;
  /** Its offset on accepted.D, by which a delay in records counts. */
  readonly offset: number;
}

export const ID_BYTES = 16;

/** What is sealed: JSON, since it is read by this stage alone and only after a restart. */
interface Written extends Omit<WaitingRecord, 'id' | 'subject'> {
  readonly v: 1;
  readonly subject: string;
}

/**
 * Records of mask.state.D. They hold part of what accepted.D holds, for as short a time, and mask alone
 * reads them, which can open accepted.D: so they are sealed under that key, for a use of their own. A
 * record of either topic does not open as one of the other. Each is bound to its id and its partition.
 */
export class WaitingCodec {
  readonly #cipher: RecordCipher;

  constructor(dataset: string) {
    this.#cipher = new RecordCipher('accepted', dataset, 'mask-state');
  }

  seal(keys: KeySource, partition: number, record: WaitingRecord): Buffer {
    const { id, subject, ...rest } = record;
    const written: Written = { v: 1, ...rest, subject: subject.toString('base64') };
    const plain = Buffer.from(JSON.stringify(written));
    return this.#cipher.seal(keys, stateBinding(id, id, partition), plain);
  }

  /** Throws RECORD_NOT_AUTHENTIC, or KEY_UNKNOWN and its kin from the key source. */
  open(keys: KeySource, partition: number, id: Buffer, sealed: Buffer): WaitingRecord {
    if (id.length !== ID_BYTES) throw new SealstreamError('RECORD_NOT_AUTHENTIC', { part: 'key' });
    const plain = this.#cipher.open(keys, stateBinding(id, id, partition), sealed);
    const { v, subject, ...rest } = JSON.parse(plain.toString()) as Written;
    // An authentic one of another version was sealed by a newer mask.
    if (v !== 1) throw new SealstreamError('RECORD_NOT_AUTHENTIC', { part: 'version' });
    return { ...rest, id, subject: Buffer.from(subject, 'base64') };
  }
}

/** Binds a record of mask.state.D to its 16 random bytes, its key and its partition. */
export function stateBinding(id: Buffer, key: Buffer, partition: number) {
  const place = Buffer.alloc(4);
  place.writeInt32BE(partition);
  return { source: id, key, headers: place };
}
