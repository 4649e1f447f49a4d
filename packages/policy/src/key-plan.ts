import type { KeySource } from '@sealstream/crypto';
import type { Dataset } from './dataset.ts';
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
import { KEY_PATH } from './record-part.ts';
import type { Tally } from './tally.ts';
import type { Refusal } from './verdict.ts';

/** What became of the key of one record, or why the record is refused. */
export type TreatedKey = { readonly ok: true; readonly key: Buffer | null } | Refusal;

/** Treats the keys of one dataset's records where they are not kept, left out, or hashed by ingest. */
export class KeyPlan {
  readonly #treat: PartTreatment;
  readonly #labels: readonly (string | undefined)[];

  constructor(treat: PartTreatment, label?: string) {
    this.#treat = treat;
    this.#labels = [label];
  }

  /** Throws what the key source throws when the keys are not there. */
  treat(key: Buffer | null, keys: KeySource): TreatedKey {
    const treated = this.#treat(key, keys);
    if (typeof treated === 'string') return { ok: false, code: treated, path: KEY_PATH };
    return { ok: true, key: treated ?? null };
  }

  /** Counts the key of one record that passed. */
  count(tally: Tally): void {
    tally.counters(this.#labels)[0]++;
  }
}

/** What a stage does to the key: a word where no value has to be looked at. */
export function keyPlan(
  dataset: Dataset,
  stage: 'mask' | 'encrypt',
): KeyPlan | 'hash' | 'keep' | 'drop' {
  const { key } = dataset;
  const method = stage === 'mask' ? key.mask.name : key.encrypt;
  if (method === 'hash' || method === 'keep' || method === 'drop') return method;
  const treat = partTreatment(dataset, key, stage);
  const fault = partFault(dataset, key);
  return new KeyPlan(
    coded((value, keys) => fault(value) ?? treat(value, keys)),
    stageLabel(stage, key),
  );
}

/** Refuses what mask or encrypt would refuse whatever its keys; undefined where any key passes. */
export function keyCheck(dataset: Dataset): KeyPlan | undefined {
  const { key } = dataset;
  const isPlain = (method: string): boolean => ['hash', 'keep', 'drop'].includes(method);
  if (isPlain(key.mask.name) && isPlain(key.encrypt)) return undefined;
  const fault = partFault(dataset, key);
  return new KeyPlan((value) => fault(value) ?? value);
}

/** Opens keys that encrypt sealed; undefined where the key is not among what is named. */
export function openKey(dataset: string, sealed: readonly SealedField[]): KeyPlan | undefined {
  const field = sealed.find(({ path }) => path === KEY_PATH);
  return field && new KeyPlan(coded(openPart(dataset, KEY_PATH, field.seal)));
}

/** Seals anew the keys that encrypt sealed; undefined where it seals none. */
export function resealKey(dataset: Dataset): KeyPlan | undefined {
  const { key } = dataset;
  if (key.encrypt !== 'seal') return undefined;
  return new KeyPlan(coded(resealPart(dataset, key)));
}
