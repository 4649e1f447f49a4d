import type { KeySource } from '@sealstream/crypto';
import type { Dataset, Field } from './dataset.ts';
import { compareText } from './expected-text.ts';
import { fieldAt } from './field-at.ts';
import { encryptPlan, maskPlan, openPlan } from './json-plan.ts';
import { datasetOf, type Policy } from './policy.ts';
import { Tally } from './tally.ts';
import type { PolicyCase } from './test-language.ts';
import type { Refusal, Verdict } from './verdict.ts';

/** Where and how a case fails; `message` holds no value. */
export interface CaseFailure {
  readonly message: string;
  readonly path?: string;
  readonly byte?: number;
  /** What stands on masked, where it is not what was expected; it holds values. */
  readonly masked?: string;
}

export interface CaseResult {
  readonly case: PolicyCase;
  /** None when it passes. */
  readonly failures: readonly CaseFailure[];
}

export interface TestRun {
  readonly results: readonly CaseResult[];
  /** Fields of each dataset that stand in no record that was accepted. */
  readonly unmet: readonly { readonly dataset: string; readonly path: string }[];
}

/**
 * Under one key a pseudonym or a noisy number may by chance be the value itself: of whole numbers within
 * one of it, every third. Under so many keys it is not by chance.
 */
const KEY_SETS = 12;

/**
 * Runs the cases of a policy.
 *
 * @param newKeys gives keys that no call before gave
 */
export function runPolicyTests(
  policy: Policy,
  cases: readonly PolicyCase[],
  newKeys: () => KeySource,
): TestRun {
  const keySets = Array.from({ length: KEY_SETS }, newKeys);
  const runs = new Map(
    [...policy.datasets].map(([name, dataset]) => [name, new DatasetRun(dataset)]),
  );
  const results = cases.map((one) => {
    const run = runs.get(one.dataset) ?? new DatasetRun(datasetOf(policy, one.dataset));
    return { case: one, failures: run.failures(one, keySets) };
  });
  const unmet = [...runs].flatMap(([dataset, run]) =>
    run.unmet().map((path) => ({ dataset, path })),
  );
  return { results, unmet };
}

/** The same dataset with other rules for its fields. */
const withFields = (dataset: Dataset, change: (field: Field) => Partial<Field>): Dataset => ({
  ...dataset,
  fields: dataset.fields.map((field) => ({ ...field, ...change(field) })),
});

/** The cases of one dataset. */
class DatasetRun {
  readonly #dataset: Dataset;
  readonly #mask;
  readonly #encrypt;
  readonly #open;
  /** Redacts whatever is there, so that its tally tells which fields a record has. */
  readonly #present;
  readonly #met = new Tally();
  /** Leaves out and nulls what encrypt does, and seals nothing: what must come back. */
  readonly #plain;

  constructor(dataset: Dataset) {
    this.#dataset = dataset;
    this.#mask = maskPlan(dataset);
    this.#encrypt = encryptPlan(dataset);
    this.#open = openPlan(dataset);
    this.#present = maskPlan(
      withFields(dataset, () => ({ mask: { name: 'redact', parameters: undefined } })),
    );
    const unsealed = withFields(dataset, ({ encrypt }) => ({
      encrypt: encrypt === 'seal' ? 'keep' : encrypt,
    }));
    this.#plain = { encrypt: encryptPlan(unsealed), open: openPlan(unsealed) };
  }

  /** Fields that no accepted record has had. */
  unmet(): string[] {
    const met = Object.keys(this.#met.treated);
    return this.#dataset.fields
      .map(({ path }) => path)
      .filter((path) => !met.includes(`${path} redact`));
  }

  failures({ expects, record }: PolicyCase, keySets: readonly KeySource[]): CaseFailure[] {
    const bytes = Buffer.from(record);
    const [keys] = keySets;
    const masked = this.#mask.apply(bytes, keys, new Tally());
    if ('rejected' in expects) return rejectFailures(expects, masked);
    if (!masked.ok)
      return [
        { message: `is rejected with ${masked.code}, and should be accepted`, ...placeOf(masked) },
      ];
    this.#present.apply(bytes, keys, this.#met);
    const wrong = this.#maskFailure(expects.masked, record, keySets);
    return [wrong, this.#openFailure(bytes, keys)].filter((one) => one !== undefined);
  }

  #maskFailure(
    expected: string,
    record: string,
    keySets: readonly KeySource[],
  ): CaseFailure | undefined {
    let failure: CaseFailure | undefined;
    for (const keys of keySets) {
      const verdict = this.#mask.apply(Buffer.from(record), keys, new Tally());
      const masked = verdict.ok ? verdict.value.toString() : '';
      const compared = compareText(expected, masked, record);
      if (compared.is === 'equal') return undefined;
      const { byte, is } = compared;
      const path = fieldAt(this.#dataset, masked, byte);
      failure = {
        message:
          is === 'different'
            ? 'masked is not what was expected'
            : 'a value stands on masked as it was, where {{any}} is expected',
        byte,
        masked,
        ...(path !== undefined && { path }),
      };
      if (is === 'different') return failure;
    }
    return failure;
  }

  /** What encrypt gives must open to the record, less what encrypt leaves out. */
  #openFailure(record: Buffer, keys: KeySource): CaseFailure | undefined {
    const sealed = this.#encrypt.apply(record, keys, new Tally());
    if (!sealed.ok)
      return { message: `encrypt rejects it with ${sealed.code}`, ...placeOf(sealed) };
    const opened = this.#open.apply(sealed.value, keys, new Tally());
    if (!opened.ok)
      return { message: `what encrypt made does not open: ${opened.code}`, ...placeOf(opened) };
    const plain = this.#toComeBack(record, keys);
    if (!plain.ok || plain.value.equals(opened.value)) return undefined;
    return { message: 'what encrypt made opens to other bytes' };
  }

  /** Unknown fields that encrypt seals can only be had back by opening them. */
  #toComeBack(record: Buffer, keys: KeySource): Verdict {
    const left = this.#plain.encrypt.apply(record, keys, new Tally());
    if (!left.ok || this.#dataset.unknownFields !== 'encrypt') return left;
    return this.#plain.open.apply(left.value, keys, new Tally());
  }
}

const placeOf = ({ byte, path }: Refusal): { byte?: number; path?: string } => ({
  ...(path !== undefined && { path }),
  ...(byte !== undefined && { byte }),
});

function rejectFailures(
  expects: Extract<PolicyCase['expects'], { rejected: unknown }>,
  verdict: Verdict,
): CaseFailure[] {
  const { rejected: code } = expects;
  if (verdict.ok) return [{ message: `is accepted, and should be rejected with ${code}` }];
  if (verdict.code !== code)
    return [{ message: `is rejected with ${verdict.code}, not with ${code}`, ...placeOf(verdict) }];
  return (['path', 'byte'] as const)
    .filter((word) => expects[word] !== undefined && expects[word] !== verdict[word])
    .map((word) => ({
      message: `is rejected at ${word} ${verdict[word] ?? '(none)'}, not at ${expects[word] ?? ''}`,
    }));
}
