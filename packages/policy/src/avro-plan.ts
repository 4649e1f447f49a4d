import type { ByteRange } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import {
  AVRO_SPAN,
  AvroScanner,
  AvroShape,
  type AvroSpan,
  ByteWriter,
  derivedAvroSchema,
  KIND,
  readAvroSchema,
  type SchemaProblem,
  type Shape,
  writeAvroCount,
} from '@sealstream/records';
import {
  type AvroTreatment,
  avroText,
  avroTreatment,
  looksSealedAvro,
  sealedAvro,
} from './avro-treatment.ts';
import type { Dataset } from './dataset.ts';
import type { Stage } from './field-stage.ts';
import { mayHoldToken, OUTPUT_FACTOR, shapeLabels, shapeOf } from './json-plan.ts';
import { slotOutcomes } from './outcomes.ts';
import { type CheckPlan, type Plan, WholeRecordPlan } from './plan.ts';
import type { Tally } from './tally.ts';
import { recordFault, type Refusal } from './verdict.ts';

/** A stage that treats raw records; opening goes the other way. */
export type SchemaStage = Exclude<Stage, 'open'>;

/** What a policy makes of the records of one schema. */
export interface SchemaPlan<P> {
  readonly plan: P;
  /** The schema of what the plan writes. */
  readonly outputSchema: string;
  /** Fields of the schema that the policy does not name: JSON Pointers, in the schema's own names. */
  readonly unknown: readonly string[];
}

/** Why no record of a schema can be treated. */
export interface SchemaRefusal {
  readonly problems: readonly SchemaProblem[];
}

class AvroReader {
  readonly shape: Shape;
  readonly met: AvroShape;
  readonly scanner: AvroScanner;
  readonly #maxBytes: number;
  readonly #mayHold: readonly boolean[];
  readonly #subjectSlot: number;
  readonly #subjectText = new ByteWriter(64);
  #subject: ByteRange | undefined;

  constructor(
    dataset: Dataset,
    stage: SchemaStage | 'check',
    text: string,
    references: readonly string[],
  ) {
    this.shape = shapeOf(dataset, stage);
    const outcomes = slotOutcomes(dataset, this.shape, stage);
    this.met = new AvroShape(readAvroSchema(text, references), this.shape, outcomes);
    this.scanner = new AvroScanner(this.met.root);
    this.#mayHold = this.shape.patterns.map((_, slot) => mayHoldToken(dataset, slot));
    this.#maxBytes = dataset.maxRecordBytes;
    this.#subjectSlot = dataset.fields.findIndex(({ path }) => path === dataset.subject);
  }

  /** Its text; the same object each time. Undefined when the dataset has no subject. */
  get text(): ByteRange | undefined {
    return this.#subject;
  }

  read(bytes: Buffer, from: number, to: number): Refusal | undefined {
    if (to - from > this.#maxBytes)
      return { ok: false, code: 'RECORD_TOO_LARGE', byte: this.#maxBytes };
    const fault = this.scanner.scan(bytes, from, to);
    if (fault !== undefined) return { ok: false, ...fault };
    const { spans, count } = this.scanner;
    this.#subject = undefined;
    for (let i = 0; i < count; i++) {
      const span = spans[i];
      if (span.op === undefined || span.kind !== KIND.string) continue;
      if (!this.#mayHold[span.slot] && looksSealedAvro(bytes, span))
        return this.refuse('RECORD_LOOKS_SEALED', span, from);
      if (span.slot !== this.#subjectSlot) continue;
      // By two aliases, or under two branches, it may stand more than once.
      if (this.#subject !== undefined) return this.refuse('RECORD_DUPLICATE_FIELD', span, from);
      this.#subject = { ...avroText(bytes, span, this.#subjectText) };
    }
    return undefined;
  }

  refuse(code: Refusal['code'], { slot, start }: AvroSpan, from: number): Refusal {
    return { ok: false, code, byte: start - from, path: this.shape.patterns[slot] };
  }
}

class AvroPlan extends WholeRecordPlan {
  readonly stage: SchemaStage;
  readonly #reader: AvroReader;
  readonly #treatments: readonly (AvroTreatment | undefined)[];
  readonly #labels: readonly (string | undefined)[];

  constructor(dataset: Dataset, stage: SchemaStage, reader: AvroReader) {
    super(dataset.maxRecordBytes * OUTPUT_FACTOR);
    this.stage = stage;
    this.#reader = reader;
    const { shape } = reader;
    this.#treatments = shape.patterns.map((pattern, slot) => {
      const field = slot < shape.fieldCount ? dataset.fields[slot] : undefined;
      if (field !== undefined) return avroTreatment(dataset, field, stage, reader);
      return stage === 'encrypt' && shape.unknown === 'span'
        ? sealedAvro(dataset, pattern)
        : undefined;
    });
    this.#labels = shapeLabels(dataset, stage, shape);
  }

  protected override write(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    tally: Tally,
    out: ByteWriter,
  ): Refusal | undefined {
    return (
      this.#reader.read(bytes, from, to) ?? this.#treat(bytes, from, to, tally.noting(keys), out)
    );
  }

  #treat(
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
    const counters = tally.counters(this.#labels);
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
  const plan: CheckPlan = {
    check: (value) => reader.read(value, 0, value.length) ?? { ok: true, value },
    checkRange: (bytes, from, to) => reader.read(bytes, from, to),
    subject: () => reader.text,
    // Unknown fields are told with the schema, before any record comes; their values are not looked at.
    undeclared: () => undefined,
  };
  return { plan, outputSchema: text, unknown };
}
