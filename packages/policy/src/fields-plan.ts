import type { KeySource, SealMethod } from '@sealstream/crypto';
import { ByteWriter, JsonScanner, KIND, Shape, SPAN_STRIDE } from '@sealstream/records';
import { jsonStart } from './frame.ts';
import { type JsonTreatment, openTreatment } from './json-treatment.ts';
import { recordFault, type Refusal, type Verdict } from './verdict.ts';

/** A field that can be opened: where it is, and how it was sealed. */
export interface SealedField {
  /** The policy's path pattern. */
  readonly path: string;
  readonly seal: SealMethod;
}

/** Opens sealed fields of records; one JSON object each. */
export interface OpeningPlan {
  /** Throws what the key source throws when the keys are not there. */
  open(value: Buffer, keys: KeySource): Verdict;
}

/** What may stand where a sealed value belongs; which it is, is told when it is opened. */
const TYPES = ['string', 'number', 'boolean'] as const;

/**
 * Opens some fields and leaves every other byte as it is, other sealed fields among it. It needs no
 * policy: what is not named here may be there or not. A field that is named must be sealed wherever
 * it stands, or the record is refused.
 */
export function fieldsPlan(dataset: string, fields: readonly SealedField[]): OpeningPlan {
  return new FieldsPlan(dataset, fields);
}

class FieldsPlan implements OpeningPlan {
  readonly #shape: Shape;
  readonly #scanner: JsonScanner;
  /** By slot; members that nobody named have none. */
  readonly #treatments: readonly JsonTreatment[];
  readonly #out = new ByteWriter();

  constructor(dataset: string, fields: readonly SealedField[]) {
    const shapes = fields.map(({ path }) => ({ path, types: TYPES, required: false, cut: false }));
    this.#shape = new Shape(shapes, 'span');
    this.#scanner = new JsonScanner(this.#shape);
    this.#treatments = fields.map(({ path, seal }) => openTreatment(dataset, path, seal));
  }

  open(value: Buffer, keys: KeySource): Verdict {
    // Under a JSON Schema the id of the schema stands before it.
    const from = jsonStart(value, 0, value.length);
    const fault = this.#scanner.scan(value, from, value.length);
    if (fault !== undefined) return { ok: false, ...fault, byte: from + fault.byte };
    const { spans, count } = this.#scanner;
    const out = this.#out;
    out.reset();
    let done = 0;
    for (let i = 0; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
      const treatment = this.#treatments[spans[i]];
      if (treatment === undefined) continue;
      const [kind, start, end] = [spans[i + 1], spans[i + 2], spans[i + 3]];
      out.copy(value, done, start);
      const code = this.#treat(treatment, value, kind, start, end, keys);
      if (code !== undefined)
        return { ok: false, code, byte: start, path: this.#shape.patterns[spans[i]] };
      done = end;
    }
    out.copy(value, done, value.length);
    return { ok: true, value: out.take() };
  }

  #treat(
    treatment: JsonTreatment,
    value: Buffer,
    kind: number,
    start: number,
    end: number,
    keys: KeySource,
  ): Refusal['code'] | undefined {
    if (kind === KIND.cut) return undefined;
    try {
      return treatment(value, kind, start, end, this.#out, keys);
    } catch (error) {
      return recordFault(error);
    }
  }
}
