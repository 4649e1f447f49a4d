import type { KeySource } from '@sealstream/crypto';
import { ByteWriter, JsonScanner, KIND, Shape, SPAN_STRIDE } from '@sealstream/records';
import type { Dataset, Field } from './dataset.ts';
import { isCut, type Stage, stageLabel, unknownLabel, unknownRule } from './field-stage.ts';
import {
  type JsonTreatment,
  jsonTreatment,
  looksSealed,
  unknownTreatment,
} from './json-treatment.ts';
import type { Tally } from './tally.ts';
import { recordFault, type Refusal, type Verdict } from './verdict.ts';

/** Treats the values of one dataset's records; one JSON object each. */
export interface Plan {
  readonly stage: Stage;
  /**
   * What becomes of one record. A refused one has no value. Throws, with no output, what the key
   * source throws when the keys are not there.
   */
  apply(value: Buffer, keys: KeySource, tally: Tally): Verdict;
}

/** Applies the rules of one dataset and changes nothing. */
export interface CheckPlan {
  check(value: Buffer): Verdict;
}

/** What a value becomes may be this many times as large as a raw record; so are the topics. */
const OUTPUT_FACTOR = 2;

function shapeOf(dataset: Dataset, stage: Stage | 'check'): Shape {
  const fields = dataset.fields.map((field: Field) => ({
    path: field.path,
    // A sealed value is a token or was never ours; either is told when it is opened.
    types:
      stage === 'open' && field.encrypt !== 'keep'
        ? (['string', 'number', 'boolean'] as const)
        : field.types,
    // What was sealed under an older revision may lack what is required now.
    required: field.required && stage !== 'open',
    cut: isCut(stage, field),
  }));
  return new Shape(fields, unknownRule(stage, dataset));
}

function treatments(
  dataset: Dataset,
  stage: Stage,
  shape: Shape,
): readonly (JsonTreatment | undefined)[] {
  const unknown = unknownRule(stage, dataset) === 'span' && stage !== 'mask' ? stage : undefined;
  return shape.patterns.map((pattern, slot) => {
    const field = slot < shape.fieldCount ? dataset.fields[slot] : undefined;
    if (field !== undefined) return jsonTreatment(dataset, field, stage);
    return unknown === undefined ? undefined : unknownTreatment(dataset, pattern, unknown);
  });
}

/** The part that all plans share: size, grammar, fit, and values that already look sealed. */
class JsonReader {
  readonly shape: Shape;
  readonly scanner: JsonScanner;
  readonly #maxBytes: number;
  readonly #mayBeSealed: boolean;

  constructor(dataset: Dataset, stage: Stage | 'check') {
    this.shape = shapeOf(dataset, stage);
    this.scanner = new JsonScanner(this.shape);
    this.#mayBeSealed = stage === 'open';
    this.#maxBytes = dataset.maxRecordBytes * (this.#mayBeSealed ? OUTPUT_FACTOR : 1);
  }

  read(value: Buffer): Refusal | undefined {
    if (value.length > this.#maxBytes)
      return { ok: false, code: 'RECORD_TOO_LARGE', byte: this.#maxBytes };
    const fault = this.scanner.scan(value);
    if (fault !== undefined) return { ok: false, ...fault };
    if (this.#mayBeSealed) return undefined;
    const { spans, count } = this.scanner;
    for (let i = 0; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
      if (looksSealed(value, spans[i + 1], spans[i + 2], spans[i + 3]))
        return this.refuse('RECORD_LOOKS_SEALED', i);
    }
    return undefined;
  }

  /** Refuses because of the span that begins at this number. */
  refuse(code: Refusal['code'], i: number): Refusal {
    const { spans } = this.scanner;
    return { ok: false, code, byte: spans[i + 2], path: this.shape.patterns[spans[i]] };
  }
}

class JsonPlan implements Plan {
  readonly stage: Stage;
  readonly #reader: JsonReader;
  readonly #treatments: readonly (JsonTreatment | undefined)[];
  readonly #labels: readonly (string | undefined)[];
  readonly #maxOutput: number;
  readonly #out = new ByteWriter();

  constructor(dataset: Dataset, stage: Stage) {
    this.stage = stage;
    this.#reader = new JsonReader(dataset, stage);
    const { shape } = this.#reader;
    this.#treatments = treatments(dataset, stage, shape);
    this.#labels = shape.patterns.map((pattern, slot) => {
      const field = slot < shape.fieldCount ? dataset.fields[slot] : undefined;
      return field === undefined ? unknownLabel(stage, dataset, pattern) : stageLabel(stage, field);
    });
    this.#maxOutput = dataset.maxRecordBytes * OUTPUT_FACTOR;
  }

  apply(value: Buffer, keys: KeySource, tally: Tally): Verdict {
    const refusal = this.#reader.read(value) ?? this.#rewrite(value, tally.noting(keys));
    if (refusal !== undefined) return refusal;
    if (this.#out.length > this.#maxOutput) return { ok: false, code: 'RECORD_TOO_LARGE' };
    this.#count(tally);
    return { ok: true, value: this.#out.take() };
  }

  /** Leaves the new value in `#out`. */
  #rewrite(value: Buffer, keys: KeySource): Refusal | undefined {
    const { scanner } = this.#reader;
    const { spans, count } = scanner;
    const out = this.#out;
    out.reset();
    let done = 0;
    let i = 0;
    try {
      for (; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
        const kind = spans[i + 1];
        const start = spans[i + 2];
        const end = spans[i + 3];
        const treatment = this.#treatments[spans[i]];
        if (kind === KIND.cut) {
          out.copy(value, done, start);
        } else {
          if (treatment === undefined) continue;
          out.copy(value, done, start);
          const code = treatment(value, kind, start, end, out, keys);
          if (code !== undefined) return this.#reader.refuse(code, i);
        }
        done = end;
      }
    } catch (error) {
      return this.#reader.refuse(recordFault(error), i);
    }
    out.copy(value, done, value.length);
    return undefined;
  }

  #count(tally: Tally): void {
    const { spans, count } = this.#reader.scanner;
    const counters = tally.counters(this.#labels);
    for (let i = 0; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
      // A field that is left out has a span for its value and one for the cut; one of them counts.
      const slot = spans[i];
      if (spans[i + 1] === KIND.cut || this.#treatments[slot] !== undefined) counters[slot]++;
    }
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
  return { check: (value) => reader.read(value) ?? { ok: true, value } };
}
