import type { ByteRange } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import {
  AVRO_SPAN,
  AvroScanner,
  AvroShape,
  type AvroSpan,
  type ByteWriter,
  derivedAvroSchema,
  KIND,
  readAvroSchema,
  writeAvroCount,
} from '@sealstream/records';
import { type AvroTreatment, avroText, avroTreatment } from './avro-treatment.ts';
import type { Dataset } from './dataset.ts';
import { FieldPlan } from './field-plan.ts';
import { slotOutcomes } from './outcomes.ts';
import type { CheckPlan, Plan } from './plan.ts';
import {
  schemaCheck,
  type SchemaPlan,
  SchemaReader,
  type SchemaRefusal,
  type SchemaStage,
} from './schema-plan.ts';
import type { Tally } from './tally.ts';
import { valueTreatments } from './value-treatment.ts';
import { recordFault, type Refusal } from './verdict.ts';

class AvroReader extends SchemaReader<AvroSpan> {
  readonly met: AvroShape;
  readonly scanner: AvroScanner;

  constructor(
    dataset: Dataset,
    stage: SchemaStage | 'check',
    text: string,
    references: readonly string[],
  ) {
    super(dataset, stage);
    const outcomes = slotOutcomes(dataset, this.shape, stage);
    this.met = new AvroShape(readAvroSchema(text, references), this.shape, outcomes);
    this.scanner = new AvroScanner(this.met.root);
  }

  protected override textOf(bytes: Buffer, span: AvroSpan): ByteRange | undefined {
    return span.op === undefined || span.kind !== KIND.string ? undefined : avroText(bytes, span);
  }

  protected override isString({ type }: AvroSpan): boolean {
    return type.is === 'string';
  }
}

class AvroPlan extends FieldPlan<SchemaStage> {
  readonly #reader: AvroReader;
  readonly #treatments: readonly (AvroTreatment | undefined)[];

  constructor(dataset: Dataset, stage: SchemaStage, reader: AvroReader) {
    super(dataset, stage, reader);
    this.#reader = reader;
    this.#treatments = valueTreatments(dataset, stage, reader.shape, reader).map((one) =>
      one === undefined ? undefined : avroTreatment(one),
    );
  }

  protected override treat(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    out: ByteWriter,
  ): Refusal | undefined {
    const { spans, count } = this.#reader.scanner;
    let done = from;
    for (let i = 0; i < count; i++) {
      const span = spans[i];
      const { kind, start, end, slot, op } = span;
      if (op !== undefined) {
        const treatment = this.#treatments[slot];
        if (treatment === undefined || op.outcome.becomes === 'same') continue;
        out.copy(bytes, done, start);
        const code = treated(treatment, bytes, span, out, keys);
        if (code !== undefined) return this.#reader.refuse(code, span, from);
      } else {
        out.copy(bytes, done, start);
        if (kind === AVRO_SPAN.emptied) out.byte(0);
        else if (kind === AVRO_SPAN.sized) writeAvroCount(out, span.count);
      }
      done = end;
    }
    out.copy(bytes, done, to);
    return undefined;
  }

  protected override count(tally: Tally): void {
    const { spans, count } = this.#reader.scanner;
    const counters = tally.counters(this.labels);
    for (let i = 0; i < count; i++) {
      const { kind, slot, op } = spans[i];
      if (op === undefined ? kind !== AVRO_SPAN.sized : this.#treatments[slot] !== undefined)
        counters[slot]++;
    }
  }
}

function treated(
  treatment: AvroTreatment,
  bytes: Buffer,
  span: AvroSpan,
  out: ByteWriter,
  keys: KeySource,
): Refusal['code'] | undefined {
  try {
    return treatment(bytes, span, out, keys);
  } catch (error) {
    return recordFault(error);
  }
}

/**
 * Treats Avro records of one schema as the policy says; the bytes alone, without what Confluent's wire
 * format puts before them. Untouched bytes stay as they are. Throws SCHEMA_UNREADABLE.
 *
 * @param references texts that the schema is built on, each behind what it is built on itself
 */
export function avroPlan(
  dataset: Dataset,
  stage: SchemaStage,
  text: string,
  references: readonly string[] = [],
): SchemaPlan<Plan> | SchemaRefusal {
  const reader = new AvroReader(dataset, stage, text, references);
  const { problems, root, unknown } = reader.met;
  if (problems.length > 0) return { problems };
  const plan = new AvroPlan(dataset, stage, reader);
  return { plan, outputSchema: derivedAvroSchema(root), unknown };
}

/** Applies every rule that needs no key to Avro records of one schema. Throws SCHEMA_UNREADABLE. */
export function avroCheckPlan(
  dataset: Dataset,
  text: string,
  references: readonly string[] = [],
): SchemaPlan<CheckPlan> | SchemaRefusal {
  const reader = new AvroReader(dataset, 'check', text, references);
  const { problems, unknown } = reader.met;
  if (problems.length > 0) return { problems };
  return { plan: schemaCheck(reader), outputSchema: text, unknown };
}
