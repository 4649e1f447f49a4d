import {
  type ByteRange,
  type Branch as MarkBranch,
  BRANCHES,
  FORMAT_VERSION,
  type RecordBlock,
  type RecordParts,
  SealstreamError,
  SOURCE_HEADER,
} from '@sealstream/contracts';
import { markAlone, type MarkSection, markSection } from './mark-section.ts';
import { COORDINATE_AT, markBytes, PLAIN_BYTES, REPLAY_BYTES } from './source-mark.ts';

const POLICY_AT = 1;
const PARTITION_AT = COORDINATE_AT + 4;
const BRANCH_AT = PLAIN_BYTES + 1;
const HIGHEST_BRANCH = Math.max(...Object.values(BRANCHES));

/**
 * The mark of one accepted record at a time, in place: found, checked, and passed on under the policy
 * that treats the record; mostly the very bytes that came.
 */
export class FoundMark {
  readonly #policyId: Buffer;
  readonly #revision: number;
  /** Where the mark stands. */
  readonly range: ByteRange = { bytes: Buffer.alloc(0), from: -1, to: -1 };
  /** The header section that came, when it holds the mark alone; else null. */
  #came: ByteRange | null = null;
  readonly #plain: MarkSection = markSection(Buffer.alloc(PLAIN_BYTES));
  readonly #replayed: MarkSection = markSection(Buffer.alloc(REPLAY_BYTES));

  constructor(policyId: Buffer) {
    this.#policyId = policyId;
    this.#revision = policyId.readUInt32BE(0);
  }

  /** Throws RECORD_NOT_AUTHENTIC when the record has no mark of this version. */
  find(records: RecordBlock, record: RecordParts): void {
    const { range } = this;
    this.#came = markAlone(record.headers, range) ? record.headers : null;
    if (this.#came === null) {
      range.bytes = markBytes(records.headersOf(record));
      range.from = 0;
      range.to = range.bytes.length;
    }
    const { bytes, from, to } = range;
    const length = to - from;
    const isReplay = length === REPLAY_BYTES;
    const isMark =
      (isReplay || length === PLAIN_BYTES) &&
      bytes[from] === FORMAT_VERSION &&
      !(isReplay && bytes[from + BRANCH_AT] > HIGHEST_BRANCH);
    if (!isMark) throw new SealstreamError('RECORD_NOT_AUTHENTIC', { header: SOURCE_HEADER });
  }

  /**
   * Throws RECORD_NOT_AUTHENTIC when the record is of another partition, POLICY_BEHIND when it was
   * accepted under a higher revision.
   */
  check(partition: number): void {
    const { bytes, from } = this.range;
    if (bytes.readInt32BE(from + PARTITION_AT) !== partition)
      throw new SealstreamError('RECORD_NOT_AUTHENTIC', { partition });
    const wants = bytes.readUInt32BE(from + POLICY_AT);
    if (wants > this.#revision)
      throw new SealstreamError('POLICY_BEHIND', { has: this.#revision, wants });
  }

  /** Whether the record is for this branch: all are, but those replayed for another. */
  isFor(branch: MarkBranch): boolean {
    const { bytes, from, to } = this.range;
    if (to - from !== REPLAY_BYTES) return true;
    const named = bytes[from + BRANCH_AT];
    return named === BRANCHES.both || named === BRANCHES[branch];
  }

  /** A header section with the mark alone, under the policy of this stage. Stands until `find`. */
  section(): ByteRange {
    if (this.#came !== null && this.#isUnderOwnPolicy()) return this.#came;
    return this.#rewritten().section;
  }

  /** The mark under the policy of this stage, in bytes of its own. */
  own(): Buffer {
    const { bytes, from, to } = this.#rewritten().mark;
    return Buffer.from(bytes.subarray(from, to));
  }

  #isUnderOwnPolicy(): boolean {
    const { bytes, from } = this.range;
    for (let index = 0; index < this.#policyId.length; index += 1)
      if (bytes[from + POLICY_AT + index] !== this.#policyId[index]) return false;
    return true;
  }

  #rewritten(): MarkSection {
    const { bytes, from, to } = this.range;
    const made = to - from === REPLAY_BYTES ? this.#replayed : this.#plain;
    const target = made.mark;
    bytes.copy(target.bytes, target.from, from, to);
    this.#policyId.copy(target.bytes, target.from + POLICY_AT);
    return made;
  }
}
