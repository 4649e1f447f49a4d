import type { PiiClass } from '@sealstream/pii';
import { type Dataset, explain, type Field } from '@sealstream/policy';
import { parsePattern, type Step } from '@sealstream/records';

import type { FoundClass, SampledPath } from './sample-tree.ts';

/** What a path of a sample is, and what a policy does with it. */
export interface ScannedPath {
  readonly path: string;
  readonly values: number;
  readonly classes: readonly FoundClass[];
  readonly inside: readonly FoundClass[];
  /** Whether so much of it is personal that it should not be read by everybody. */
  readonly isPersonal: boolean;
  /** The policy's field, and its treatment on each output; none without a policy. */
  readonly field?: string;
  readonly mask?: string;
  readonly encrypt?: string;
  /** Why it is a finding. */
  readonly finding?: 'kept on masked' | 'kept on encrypted' | 'not named';
}

/** With fewer values of a class than this share, the class is most likely by chance. */
const LEAST_SHARE = 0.1;

/** These say nothing of a person by themselves. */
const IMPERSONAL: readonly PiiClass[] = ['organisation', 'period'];

/** Any field named `id` gets this for a national number by its name alone; a check gives more. */
const BY_NAME_SCORE = 50;

/** Whether a class was found in enough values to be what they are, or what is in them. */
export function isLikely({ class: found, score, values }: FoundClass, path: SampledPath): boolean {
  if (found === 'national-id' && score <= BY_NAME_SCORE) return false;
  return !IMPERSONAL.includes(found) && values >= path.values * LEAST_SHARE;
}

/** What each path of a sample is and, with a policy, what becomes of it. */
export function scannedPaths(
  paths: readonly SampledPath[],
  dataset: Dataset | undefined,
): ScannedPath[] {
  return paths.map((path) => {
    const isPersonal = [...path.classes, ...path.inside].some((found) => isLikely(found, path));
    return {
      path: path.path,
      values: path.values,
      classes: path.classes,
      inside: path.inside,
      isPersonal,
      ...(dataset !== undefined && treatmentOf(dataset, path, isPersonal)),
    };
  });
}

/** Rules that no record of the sample meets. */
export function unmetFields({ fields }: Dataset, paths: readonly SampledPath[]): string[] {
  return fields
    .filter((field) => !paths.some(({ steps }) => covers(field, steps)))
    .map(({ path }) => path);
}

function treatmentOf(
  dataset: Dataset,
  { steps }: SampledPath,
  isPersonal: boolean,
): Partial<ScannedPath> {
  const field = dataset.fields.find((one) => covers(one, steps));
  if (field === undefined) return isPersonal ? { finding: 'not named' } : {};
  const [masked, encrypted] = explain(dataset, field.path);
  const kept = [masked, encrypted].find(({ shows }) => shows === 'everything');
  return {
    field: field.path,
    mask: masked.treatment,
    encrypt: encrypted.treatment,
    ...(isPersonal &&
      kept !== undefined && { finding: kept === masked ? 'kept on masked' : 'kept on encrypted' }),
  };
}

/** Whether a field is what stands at a place of the sample, or holds it as one value. */
function covers({ path, types }: Field, steps: readonly Step[]): boolean {
  const own = parsePattern(path) ?? [];
  const isWhole = types.includes('object') || types.includes('array');
  if (own.length > steps.length || (own.length < steps.length && !isWhole)) return false;
  // The sample's `*` are names of maps, and elements, of which the policy may name one.
  return own.every((step, at) => step === null || steps[at] === null || step === steps[at]);
}
