import type { ByteRange } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import type { PiiClass } from '@sealstream/pii';
import { ByteWriter } from '@sealstream/records';
import type { Stage } from './field-stage.ts';
import type { Tally } from './tally.ts';
import type { Refusal, Verdict } from './verdict.ts';

/** The schemas that a plan needs in memory, where records name theirs. */
export interface NeededSchemas {
  /** Whether `bring` has something to do. */
  readonly wants: boolean;
  /** Tells which batch is treated next: of which partition, from which offset on; again is no harm. */
  begin(partition: number, from: bigint): void;
  /** Fetches what was asked for. Throws REGISTRY_UNREACHABLE, REGISTRY_REFUSED: try again later. */
  bring(): Promise<void>;
}

/** Treats the values of one dataset's records; one object each. */
export interface Plan {
  readonly stage: Stage;
  /** Of records that name their schema; then `rewrite` throws SCHEMAS_WANTED. */
  readonly schemas?: NeededSchemas;
  /**
   * Appends to `out` what becomes of the record in bytes[from, to). When it is refused, and when
   * this throws what the key source throws since the keys are not there, `out` ends where it ended
   * before and nothing is counted.
   */
  rewrite(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    tally: Tally,
    out: ByteWriter,
  ): Refusal | undefined;
  /** The same for a record that stands alone; a refused one has no value. */
  apply(value: Buffer, keys: KeySource, tally: Tally): Verdict;
}

/** Applies the rules of one dataset and changes nothing. */
export interface CheckPlan {
  /** Of records that name their schema; then a check throws SCHEMAS_WANTED. */
  readonly schemas?: NeededSchemas;
  check(value: Buffer): Verdict;
  /** Why the record in bytes[from, to) is refused; undefined when it passes. */
  checkRange(bytes: Buffer, from: number, to: number): Refusal | undefined;
  /**
   * The text of the subject field in the record that passed last, when the dataset has one. The same
   * object each time; stands until the next check, and as long as the record's bytes.
   */
  subject(): ByteRange | undefined;
  /** What an unknown field of the record that passed last looks like, if like personal data. */
  undeclared(): PiiClass | undefined;
}

/** What every plan does the same way: a record is written and counted whole, or nothing of it is. */
export abstract class WholeRecordPlan implements Plan {
  abstract readonly stage: Stage;
  /** Largest record that may be written, in bytes. */
  protected readonly maxOutput: number;
  /** What `apply` writes to. */
  readonly #own = new ByteWriter();

  constructor(maxOutput: number) {
    this.maxOutput = maxOutput;
  }

  apply(value: Buffer, keys: KeySource, tally: Tally): Verdict {
    this.#own.reset();
    const refusal = this.rewrite(value, 0, value.length, keys, tally, this.#own);
    return refusal ?? { ok: true, value: this.#own.take() };
  }

  rewrite(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    tally: Tally,
    out: ByteWriter,
  ): Refusal | undefined {
    const start = out.length;
    let written = false;
    try {
      const refusal = this.write(bytes, from, to, keys, tally, out);
      if (refusal !== undefined) return refusal;
      if (out.length - start > this.maxOutput) return { ok: false, code: 'RECORD_TOO_LARGE' };
      this.count(tally);
      written = true;
      return undefined;
    } finally {
      if (!written) out.length = start;
    }
  }

  /** Writes the record, or a part of it and why it is refused. */
  protected abstract write(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    tally: Tally,
    out: ByteWriter,
  ): Refusal | undefined;

  /** Counts what was done to the record that was written last. */
  protected abstract count(tally: Tally): void;
}
