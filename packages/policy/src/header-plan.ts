import type { RecordHeaders, RejectCode } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import type { Dataset, Field } from './dataset.ts';
import { stageLabel } from './field-stage.ts';
import type { SealedField } from './fields-plan.ts';
import {
  coded,
  openPart,
  partFault,
  partTreatment,
  type PartTreatment,
  resealPart,
} from './part-treatment.ts';
import { headerName, headerPath } from './record-part.ts';
import type { Tally } from './tally.ts';
import type { Refusal } from './verdict.ts';

/** What is done to the headers of one name. */
interface NamedHeader {
  readonly label: string | undefined;
  readonly fault?: (value: Buffer | null) => RejectCode | undefined;
  readonly treat: PartTreatment;
}

/** What became of the headers of one record, in their order, repeats among them; or why it is refused. */
export type TreatedHeaders = { readonly ok: true; readonly headers: RecordHeaders } | Refusal;

/** Treats the headers of one dataset's records. */
export class HeaderPlan {
  /** Whether no header is named: then nothing is done to any. */
  readonly isEmpty: boolean;
  readonly #named: ReadonlyMap<string, NamedHeader>;
  readonly #others: 'stay' | 'go';
  /** Of the names in their order, for the tally. */
  readonly #labels: readonly (string | undefined)[];
  readonly #slots: ReadonlyMap<NamedHeader, number>;
  /** How often each was treated in the record that was treated last. */
  readonly #counts: Uint32Array;

  constructor(named: ReadonlyMap<string, NamedHeader>, others: 'stay' | 'go') {
    this.isEmpty = named.size === 0;
    this.#named = named;
    this.#others = others;
    const all = [...named.values()];
    this.#labels = all.map(({ label }) => label);
    this.#slots = new Map(all.map((one, slot) => [one, slot]));
    this.#counts = new Uint32Array(all.length);
  }

  /** Throws what the key source throws when the keys are not there; then nothing is counted. */
  treat(headers: RecordHeaders, keys: KeySource): TreatedHeaders {
    const treated: [string, Buffer | null][] = [];
    this.#counts.fill(0);
    for (const [name, value] of headers) {
      const named = this.#named.get(name);
      if (named === undefined) {
        if (this.#others === 'stay') treated.push([name, value]);
        continue;
      }
      const result = named.fault?.(value) ?? named.treat(value, keys);
      if (typeof result === 'string') return { ok: false, code: result, path: headerPath(name) };
      this.#counts[this.#slots.get(named) ?? 0]++;
      if (result !== undefined) treated.push([name, result]);
    }
    return { ok: true, headers: treated };
  }

  /** Counts what was done to the headers of the record that was treated last. */
  count(tally: Tally): void {
    const counters = tally.counters(this.#labels);
    for (const [slot, times] of this.#counts.entries()) counters[slot] += times;
  }
}

/** What mask or encrypt does to the producer's headers; those that the policy does not name stay behind. */
export function headerPlan(dataset: Dataset, stage: 'mask' | 'encrypt'): HeaderPlan {
  const named = dataset.headers.map((field) => ({
    name: nameOf(field),
    label: stageLabel(stage, field),
    fault: partFault(dataset, field),
    treat: coded(partTreatment(dataset, field, stage)),
  }));
  return new HeaderPlan(byName(named), 'go');
}

/** Refuses what mask and encrypt both refuse; needs no key and leaves every header as it is. */
export function headerCheck(dataset: Dataset): HeaderPlan {
  const named = dataset.headers.map((field) => ({
    name: nameOf(field),
    label: undefined,
    fault: partFault(dataset, field),
    treat: (value: Buffer | null) => value,
  }));
  return new HeaderPlan(byName(named), 'stay');
}

/** Opens headers that encrypt sealed, of those that are named; all others stay as they are. */
export function openHeaders(dataset: string, sealed: readonly SealedField[]): HeaderPlan {
  const named = sealed.flatMap(({ path, seal }) => {
    const name = headerName(path);
    const treat = coded(openPart(dataset, path, seal));
    return name === undefined ? [] : [{ name, label: `${path} open`, treat }];
  });
  return new HeaderPlan(byName(named), 'stay');
}

/** Seals anew what encrypt sealed, under the keys that are active now; all others stay as they are. */
export function resealHeaders(dataset: Dataset): HeaderPlan {
  const sealed = dataset.headers.filter(({ encrypt }) => encrypt === 'seal');
  const named = sealed.map((field) => {
    return { name: nameOf(field), label: undefined, treat: coded(resealPart(dataset, field)) };
  });
  return new HeaderPlan(byName(named), 'stay');
}

const nameOf = ({ path }: Pick<Field, 'path'>): string => headerName(path) ?? '';

const byName = (named: readonly (NamedHeader & { readonly name: string })[]) =>
  new Map(named.map((one) => [one.name, one]));
