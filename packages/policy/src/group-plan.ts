import { createHash } from 'node:crypto';
import {
  type CategoricalQuasiIdentifier,
  type Generalised,
  Hierarchy,
  type NumericQuasiIdentifier,
  type QuasiIdentifier,
  type RawValue,
  textOf,
} from '@sealstream/kanonymity';
import { KIND, SPAN_STRIDE } from '@sealstream/records';
import type { Dataset } from './dataset.ts';
import { GroupRow } from './group-row.ts';
import { JsonReader } from './json-plan.ts';
import type { KAnonymity, QuasiIdentifierRule } from './k-anonymity.ts';
import type { Tally } from './tally.ts';
import type { Refusal } from './verdict.ts';

const SHAPE_CHARACTERS = 12;
/** What Kafka adds to a record that is alone in its batch. */
const RECORD_BYTES = 128;

/** What a record brings into its group; nothing else of it is looked at. */
export interface GroupValues {
  readonly ok: true;
  /** One for each quasi-identifier. */
  readonly values: readonly RawValue[];
  /** One for each sensitive field, as JSON in one spelling, so that equal values have equal texts. */
  readonly sensitive: readonly string[];
}

/** Takes from the records of one dataset what groups are made of, and writes what groups show. */
export class GroupPlan {
  readonly rules: KAnonymity;
  readonly quasiIdentifiers: readonly QuasiIdentifier[];
  /** Stands for the fields that values are of, and for their order; another one for other fields. */
  readonly shape: string;
  readonly #reader: JsonReader;
  readonly #row: GroupRow;
  /** By slot of a field: its place among quasi-identifiers, then sensitive fields. */
  readonly #places: ReadonlyMap<number, number>;
  readonly #labels: readonly (string | undefined)[];
  readonly #mostBytes: number;
  /** Bytes of a row beside what sensitive fields hold. */
  readonly #rowBytes: number;

  constructor(dataset: Dataset, rules: KAnonymity) {
    const shown = [...rules.quasiIdentifiers.map(({ path }) => path), ...rules.sensitive];
    this.rules = rules;
    const fields = JSON.stringify([shown, rules.sensitive.length]);
    this.shape = createHash('sha256').update(fields).digest('base64url').slice(0, SHAPE_CHARACTERS);
    this.quasiIdentifiers = rules.quasiIdentifiers.map(quasiIdentifier);
    this.#reader = new JsonReader(dataset, 'mask');
    this.#row = new GroupRow(dataset, shown);
    this.#places = new Map(
      shown.map((path, place) => [dataset.fields.findIndex((field) => field.path === path), place]),
    );
    this.#labels = shown.map((path) => `${path} kAnonymity`);
    this.#mostBytes = 2 * dataset.maxRecordBytes - RECORD_BYTES;
    const widest = this.quasiIdentifiers.map(mostBytesOf);
    this.#rowBytes = widest.reduce((sum, bytes) => sum + bytes, this.#row.fixedBytes);
  }

  /** What the record in bytes[from, to) brings, or why it is refused, by the rules of mask. */
  take(bytes: Buffer, from: number, to: number, tally: Tally): GroupValues | Refusal {
    const refusal = this.#reader.read(bytes, from, to);
    if (refusal !== undefined) return refusal;
    const { count, spans } = this.#reader.scanner;
    const found: (RawValue | string)[] = [];
    for (let i = 0; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
      const place = this.#places.get(spans[i]);
      if (place === undefined || spans[i + 1] === KIND.cut) continue;
      if (found[place] !== undefined) return this.#reader.refuse('RECORD_DUPLICATE_FIELD', i, from);
      const value: unknown = JSON.parse(bytes.toString('utf8', spans[i + 2], spans[i + 3]));
      const taken = this.#valueAt(place, value);
      if (taken === undefined) return this.#reader.refuse('RECORD_VALUE_UNFIT', i, from);
      found[place] = taken;
    }
    const values = found.slice(0, this.quasiIdentifiers.length);
    const sensitive = found.slice(values.length) as string[];
    const ownBytes = sensitive.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (this.#rowBytes + ownBytes > this.#mostBytes) return { ok: false, code: 'RECORD_TOO_LARGE' };
    const counters = tally.counters(this.#labels);
    for (const place of found.keys()) counters[place]++;
    return { ok: true, values, sensitive };
  }

  /** Whether what was taken under an earlier policy is still what groups can be made of. */
  fits({
    sensitive,
    shape,
    values,
  }: Omit<GroupValues, 'ok'> & { readonly shape: string }): boolean {
    return (
      shape === this.shape &&
      values.length === this.quasiIdentifiers.length &&
      sensitive.length === this.rules.sensitive.length &&
      this.quasiIdentifiers.every((quasi, place) => isKnown(quasi, values[place]))
    );
  }

  /** The record that stands on masked for one member of a group. */
  row(values: readonly Generalised[], sensitive: readonly string[]): Buffer {
    return this.#row.write([...values.map((value) => JSON.stringify(textOf(value))), ...sensitive]);
  }

  #valueAt(place: number, value: unknown): RawValue | undefined {
    if (place < this.quasiIdentifiers.length)
      return isKnown(this.quasiIdentifiers[place], value) ? value : undefined;
    // A number has many spellings and one value; the spelling may be its writer's own.
    if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
    return JSON.stringify(value);
  }
}

/** The plan of a dataset's groups; undefined when masked holds single records. */
export function groupPlan(dataset: Dataset): GroupPlan | undefined {
  const { kAnonymity } = dataset;
  return kAnonymity === undefined ? undefined : new GroupPlan(dataset, kAnonymity);
}

function quasiIdentifier(rule: QuasiIdentifierRule): QuasiIdentifier {
  const { path: name } = rule;
  if (rule.kind === 'categorical')
    return { kind: 'categorical', name, hierarchy: Hierarchy.parse(rule.hierarchy) };
  return { kind: 'numeric', name, least: rule.least, most: rule.most };
}

function isKnown(quasi: QuasiIdentifier, value: unknown): value is RawValue {
  return quasi.kind === 'numeric' ? isWithin(quasi, value) : isLeaf(quasi, value);
}

function isWithin({ least, most }: NumericQuasiIdentifier, value: unknown): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function isLeaf({ hierarchy }: CategoricalQuasiIdentifier, value: unknown): boolean {
  return typeof value === 'string' && hierarchy.leafOf(value) !== undefined;
}

/** Two numbers of 24 characters and what stands between them. */
const RANGE_BYTES = 64;

function mostBytesOf(quasi: QuasiIdentifier): number {
  if (quasi.kind === 'numeric') return RANGE_BYTES;
  const { hierarchy } = quasi;
  let most = 0;
  for (let node = 0; node < hierarchy.nodes; node++)
    most = Math.max(most, Buffer.byteLength(JSON.stringify(hierarchy.textOf(node))));
  return most;
}
