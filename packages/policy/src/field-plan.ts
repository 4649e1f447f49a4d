import type { KeySource } from '@sealstream/crypto';
import type { ByteWriter, Shape } from '@sealstream/records';
import type { Dataset } from './dataset.ts';
import { OUTPUT_FACTOR, shapeLabels } from './field-shape.ts';
import type { Stage } from './field-stage.ts';
import { WholeRecordPlan } from './plan.ts';
import type { Tally } from './tally.ts';
import type { Refusal } from './verdict.ts';

/** Finds the fields of a record, or tells why it is refused. */
interface FieldReader {
  readonly shape: Shape;
  read(bytes: Buffer, from: number, to: number): Refusal | undefined;
}

/** A plan that finds the fields of a record, and then treats them. */
export abstract class FieldPlan<S extends Stage = Stage> extends WholeRecordPlan {
  readonly stage: S;
  /** What is counted, by slot. */
  protected readonly labels: readonly (string | undefined)[];
  readonly #reader: FieldReader;

  constructor(dataset: Dataset, stage: S, reader: FieldReader) {
    super(dataset.maxRecordBytes * OUTPUT_FACTOR);
    this.stage = stage;
    this.labels = shapeLabels(dataset, stage, reader.shape);
    this.#reader = reader;
  }

  protected override write(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    tally: Tally,
    out: ByteWriter,
  ): Refusal | undefined {
    const refusal = this.#reader.read(bytes, from, to);
    return refusal ?? this.treat(bytes, from, to, tally.noting(keys), out);
  }

  /** Writes the record whose fields were found. */
  protected abstract treat(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    out: ByteWriter,
  ): Refusal | undefined;
}
