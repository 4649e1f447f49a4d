import type { KeySource } from '@sealstream/crypto';
import { type ByteWriter, JsonScanner, KIND, type Shape, SPAN_STRIDE } from '@sealstream/records';
import type { Dataset } from './dataset.ts';
import { FieldPlan } from './field-plan.ts';
import { mayHoldToken, OUTPUT_FACTOR, shapeOf } from './field-shape.ts';
import { type Stage, unknownRule } from './field-stage.ts';
import {
  type JsonTreatment,
  jsonTreatment,
  looksSealed,
  unknownTreatment,
} from './json-treatment.ts';
import type { CheckPlan, Plan } from './plan.ts';
import type { Tally } from './tally.ts';
import { SubjectField } from './subject-field.ts';
import { type LooksPersonal, UndeclaredFields } from './undeclared-fields.ts';
import { recordFault, type Refusal } from './verdict.ts';

/** The letters that what looks sealed begins with: of tokens, and of JWE. */
const TOKEN_START = 0x73;
const JWE_START = 0x65;

function treatments(
  dataset: Dataset,
  stage: Stage,
  { shape, subject }: JsonReader,
): readonly (JsonTreatment | undefined)[] {
  const unknown = unknownRule(stage, dataset) === 'span' && stage !== 'mask' ? stage : undefined;
  return shape.patterns.map((pattern, slot) => {
    const field = slot < shape.fieldCount ? dataset.fields[slot] : undefined;
    if (field !== undefined) return jsonTreatment(dataset, field, stage, subject);
    return unknown === undefined ? undefined : unknownTreatment(dataset, pattern, unknown);
  });
}

/** The part that all plans share: size, grammar, fit, and values that already look sealed. */
export class JsonReader {
  readonly shape: Shape;
  readonly scanner: JsonScanner;
  readonly subject: SubjectField;
  /** An unknown field of the record that was read, which looks personal. */
  undeclared: LooksPersonal | undefined;
  readonly #maxBytes: number;
  readonly #mayBeSealed: boolean;
  /** Undefined where no unknown field passes, or nobody wants to know. */
  readonly #undeclared: UndeclaredFields | undefined;
  readonly #mayBePersonal: boolean;
  /** Per slot: whether a producer's value that looks sealed is treated as any other. */
  readonly #mayHold: readonly boolean[];

  constructor(dataset: Dataset, stage: Stage | 'check') {
    this.shape = shapeOf(dataset, stage);
    this.scanner = new JsonScanner(this.shape);
    this.subject = new SubjectField(dataset);
    this.#mayBeSealed = stage === 'open';
    this.#mayHold = this.shape.patterns.map((_, slot) => mayHoldToken(dataset, slot));
    const looks = dataset.unknownFields !== 'reject' && stage !== 'open';
    const rule = dataset.undeclaredPersonalData;
    this.#mayBePersonal = rule !== 'reject';
    // Who only tells is ingest; who refuses is everybody.
    const isWanted = rule === 'reject' || (rule === 'alert' && stage === 'check');
    this.#undeclared = looks && isWanted ? new UndeclaredFields(dataset) : undefined;
    this.#maxBytes = dataset.maxRecordBytes * (this.#mayBeSealed ? OUTPUT_FACTOR : 1);
  }

  read(bytes: Buffer, from: number, to: number): Refusal | undefined {
    if (to - from > this.#maxBytes)
      return { ok: false, code: 'RECORD_TOO_LARGE', byte: this.#maxBytes };
    const fault = this.scanner.scan(bytes, from, to);
    if (fault !== undefined) return { ok: false, ...fault };
    if (this.#mayBeSealed) return undefined;
    const { spans, count } = this.scanner;
    for (let i = 0; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
      const kind = spans[i + 1];
      const start = spans[i + 2];
      const first = bytes[start + 1];
      if (kind === KIND.string && first !== TOKEN_START && first !== JWE_START) continue;
      if (this.#mayHold[spans[i]]) continue;
      if (looksSealed(bytes, kind, start, spans[i + 3]))
        return this.refuse('RECORD_LOOKS_SEALED', i, from);
    }
    const second = this.subject.find(bytes, this.scanner);
    if (second >= 0) return this.refuse('RECORD_DUPLICATE_FIELD', second, from);
    this.undeclared = this.#undeclared?.find(bytes, this.scanner);
    if (this.undeclared === undefined || this.#mayBePersonal) return undefined;
    return this.refuse('RECORD_LOOKS_PERSONAL', this.undeclared.span, from);
  }

  /** Refuses because of the span that begins at number `i`, in a record that begins at `from`. */
  refuse(code: Refusal['code'], i: number, from: number): Refusal {
    const { spans } = this.scanner;
    return { ok: false, code, byte: spans[i + 2] - from, path: this.shape.patterns[spans[i]] };
  }
}

class JsonPlan extends FieldPlan {
  readonly #reader: JsonReader;
  readonly #treatments: readonly (JsonTreatment | undefined)[];
  /** Slots of what was treated in the record that was written last, `#done` of them. */
  readonly #treated: number[] = [];
  #done = 0;

  constructor(dataset: Dataset, stage: Stage) {
    const reader = new JsonReader(dataset, stage);
    super(dataset, stage, reader);
    this.#reader = reader;
    this.#treatments = treatments(dataset, stage, reader);
  }

  protected override treat(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    out: ByteWriter,
  ): Refusal | undefined {
    const { scanner } = this.#reader;
    const { spans, count } = scanner;
    let done = from;
    let i = 0;
    let n = 0;
    try {
      for (; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
        const kind = spans[i + 1];
        const start = spans[i + 2];
        const end = spans[i + 3];
        const treatment = this.#treatments[spans[i]];
        if (kind === KIND.cut) {
          out.copy(bytes, done, start);
        } else {
          if (treatment === undefined) continue;
          out.copy(bytes, done, start);
          const code = treatment(bytes, kind, start, end, out, keys);
          if (code !== undefined) return this.#reader.refuse(code, i, from);
        }
        done = end;
        // A field that is left out has a span for its value and one for the cut; one of them counts.
        this.#treated[n++] = spans[i];
      }
    } catch (error) {
      return this.#reader.refuse(recordFault(error), i, from);
    }
    out.copy(bytes, done, to);
    this.#done = n;
    return undefined;
  }

  protected override count(tally: Tally): void {
    const counters = tally.counters(this.labels);
    for (let n = 0; n < this.#done; n++) counters[this.#treated[n]]++;
  }
}

/** Treats records as the policy's `mask` says. Holds working memory; one per thread of work. */
export function maskPlan(dataset: Dataset): Plan {
  return new JsonPlan(dataset, 'mask');
}

/** Treats records as the policy's `encrypt` says. */
export function encryptPlan(dataset: Dataset): Plan {
  return new JsonPlan(dataset, 'encrypt');
}

/** Opens what encryptPlan sealed: fields that were sealed must be, all others must be plain. */
export function openPlan(dataset: Dataset): Plan {
  return new JsonPlan(dataset, 'open');
}

/** Applies every rule that needs no key; a record that passes comes back as it is. */
export function checkPlan(dataset: Dataset): CheckPlan {
  const reader = new JsonReader(dataset, 'check');
  return {
    check: (value) => reader.read(value, 0, value.length) ?? { ok: true, value },
    checkRange: (bytes, from, to) => reader.read(bytes, from, to),
    subject: () => reader.subject.text,
    undeclared: () => reader.undeclared?.class,
  };
}
