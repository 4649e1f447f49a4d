import { randomBytes } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { type KeySource, RecordCipher } from '@sealstream/crypto';
import type { SubjectCount } from '@sealstream/kanonymity';
import { ID_BYTES, stateBinding } from './waiting-codec.ts';

/** Tells the key of a count from that of a record that waits, which is shorter. */
const COUNT = 1;
const KEY_BYTES = 1 + ID_BYTES;

/** What is sealed. */
interface Written {
  readonly v: 1;
  readonly subject: string;
  readonly at: readonly number[];
}

/** Whether a key of mask.state.D is that of a count, and not of a record that waits. */
export function isSubjectCount(key: Buffer): boolean {
  return key.length === KEY_BYTES && key[0] === COUNT;
}

/**
 * How many groups a subject was in, as a record of mask.state.D: its key is random and says nothing of
 * the subject; what is sealed opens with that key, in that partition and as a count alone. Its times mean
 * nothing in another unit, so it does not open where the policy counts in another one.
 */
export class SubjectCountCodec {
  readonly #cipher: RecordCipher;

  constructor(dataset: string, unit: 'ms' | 'records') {
    this.#cipher = new RecordCipher('accepted', dataset, `mask-state-count-${unit}`);
  }

  /** A label for a subject that is not known yet. */
  static readonly newLabel = (): string => labelOf(Buffer.of(COUNT, ...randomBytes(ID_BYTES)));

  seal(keys: KeySource, partition: number, { at, label, subject }: SubjectCount): Buffer {
    const written: Written = { v: 1, subject: Buffer.from(subject).toString('base64'), at };
    const plain = Buffer.from(JSON.stringify(written));
    return this.#cipher.seal(keys, bindingOf(keyOfLabel(label), partition), plain);
  }

  /** Throws RECORD_NOT_AUTHENTIC, or KEY_UNKNOWN and its kin from the key source. */
  open(keys: KeySource, partition: number, key: Buffer, sealed: Buffer): SubjectCount {
    const plain = this.#cipher.open(keys, bindingOf(key, partition), sealed);
    const { at, subject, v } = JSON.parse(plain.toString()) as Written;
    // An authentic one of another version was sealed by a newer mask.
    if (v !== 1) throw new SealstreamError('RECORD_NOT_AUTHENTIC', { part: 'version' });
    return { subject: Buffer.from(subject, 'base64'), label: labelOf(key), at };
  }
}

/** A key of mask.state.D as a label, and back. */
export const labelOf = (key: Buffer): string => key.toString('latin1');
export const keyOfLabel = (label: string): Buffer => Buffer.from(label, 'latin1');

const bindingOf = (key: Buffer, partition: number) => stateBinding(key.subarray(1), key, partition);
