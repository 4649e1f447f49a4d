import type { ByteRange } from '@sealstream/contracts';
import { looksLikeToken } from '@sealstream/crypto';
import { ByteWriter, type Fault, type SchemaProblem, type Shape } from '@sealstream/records';
import type { Dataset } from './dataset.ts';
import { mayHoldToken, shapeOf } from './field-shape.ts';
import type { Stage } from './field-stage.ts';
import type { CheckPlan } from './plan.ts';
import type { Refusal } from './verdict.ts';

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

interface Span {
  readonly slot: number;
  readonly start: number;
}

interface Scanner<S extends Span> {
  readonly spans: readonly S[];
  readonly count: number;
  scan(bytes: Buffer, from: number, to: number): Fault | undefined;
}

/** Reads records of one schema: size, grammar, fit, the subject, and values that already look sealed. */
export abstract class SchemaReader<S extends Span> {
  readonly shape: Shape;
  abstract readonly scanner: Scanner<S>;
  /** Largest record, in bytes. */
  protected readonly maxBytes: number;
  readonly #mayHold: readonly boolean[];
  readonly #subjectSlot: number;
  readonly #text = new ByteWriter(64);
  #subject: ByteRange | undefined;

  constructor(dataset: Dataset, stage: SchemaStage | 'check') {
    this.shape = shapeOf(dataset, stage);
    this.#mayHold = this.shape.patterns.map((_, slot) => mayHoldToken(dataset, slot));
    this.maxBytes = dataset.maxRecordBytes;
    this.#subjectSlot = dataset.fields.findIndex(({ path }) => path === dataset.subject);
  }

  /** The text of the subject; undefined when the dataset has none. */
  get text(): ByteRange | undefined {
    return this.#subject;
  }

  read(bytes: Buffer, from: number, to: number): Refusal | undefined {
    if (to - from > this.maxBytes)
      return { ok: false, code: 'RECORD_TOO_LARGE', byte: this.maxBytes };
    const fault = this.scanner.scan(bytes, from, to);
    if (fault !== undefined) return { ok: false, ...fault };
    const { spans, count } = this.scanner;
    this.#subject = undefined;
    for (let i = 0; i < count; i++) {
      const span = spans[i];
      const isSubject = span.slot === this.#subjectSlot;
      if (!isSubject && this.#mayHold[span.slot]) continue;
      const text = this.textOf(bytes, span);
      if (text === undefined) continue;
      const isToken = this.isString(span) && looksLikeToken(text.bytes, text.from, text.to);
      if (isToken && !this.#mayHold[span.slot])
        return this.refuse('RECORD_LOOKS_SEALED', span, from);
      if (!isSubject) continue;
      if (this.#subject !== undefined) return this.refuse('RECORD_DUPLICATE_FIELD', span, from);
      this.#text.reset();
      this.#text.copy(text.bytes, text.from, text.to);
      this.#subject = { bytes: this.#text.bytes, from: 0, to: this.#text.length };
    }
    // A field that holds its default when it is not there names nobody.
    if (this.#subjectSlot < 0 || this.#subject !== undefined) return undefined;
    const path = this.shape.patterns[this.#subjectSlot];
    return { ok: false, code: 'RECORD_MISSING_FIELD', byte: 0, path };
  }

  refuse(code: Refusal['code'], { slot, start }: S, from: number): Refusal {
    return { ok: false, code, byte: start - from, path: this.shape.patterns[slot] };
  }

  /** The text of what stands in a span; undefined where that is no text. */
  protected abstract textOf(bytes: Buffer, span: S): ByteRange | undefined;

  /** Whether it is text in the record, too, and not a form of ours. */
  protected abstract isString(span: S): boolean;
}

/** Applies every rule that needs no key. */
export function schemaCheck<S extends Span>(reader: SchemaReader<S>): CheckPlan {
  return {
    check: (value) => reader.read(value, 0, value.length) ?? { ok: true, value },
    checkRange: (bytes, from, to) => reader.read(bytes, from, to),
    subject: () => reader.text,
    // Unknown fields are told with the schema, before any record comes; their values are not looked at.
    undeclared: () => undefined,
  };
}
