import { markSection, type MarkSection } from './mark-section.ts';
import { COORDINATE_AT, encodeSourceMark } from './source-mark.ts';

const OFFSET_AT = COORDINATE_AT + 8;
const TWO_32 = 2 ** 32;

/** Marks of records of one partition that are accepted now, each made in place of the last. */
export class BatchMark {
  readonly #made: MarkSection;

  constructor(
    policyId: Buffer,
    { incarnation, partition }: { readonly incarnation: Buffer; readonly partition: number },
  ) {
    const place = { policyId, incarnation, partition, offset: 0n };
    this.#made = markSection(encodeSourceMark({ ...place, attempt: 0, branch: 'both' }));
  }

  /** The mark of the record at this offset. It stands until the next one is made. */
  at(offset: number): MarkSection {
    const { bytes, from } = this.#made.mark;
    const high = Math.floor(offset / TWO_32);
    bytes.writeUInt32BE(high, from + OFFSET_AT);
    bytes.writeUInt32BE(offset - high * TWO_32, from + OFFSET_AT + 4);
    return this.#made;
  }
}
