import type { Purpose } from '@sealstream/contracts';
import { isDeterministic } from '@sealstream/crypto';
import { type Dataset, KEY_PATH, maskPurpose, partsOf } from '@sealstream/policy';

/** Keys on which joins rest. */
type JoinKeys = 'hash' | 'fpe' | 'vault' | 'deterministic';

/** What a new epoch of a purpose breaks joins of: of `field` only the deterministic keys have any. */
export function joinKeysOf(purpose: Purpose): JoinKeys {
  if (purpose === 'fpe' || purpose === 'vault') return purpose;
  return purpose === 'field' ? 'deterministic' : 'hash';
}

/**
 * What equal values no longer have in common once such keys are made anew: each a topic of the
 * dataset and what stands there, old records against new ones.
 */
export function brokenJoins(keys: JoinKeys, dataset: Dataset): string[] {
  const { key, topics } = dataset;
  const parts = partsOf(dataset).filter(
    ({ mask, path }) => path !== KEY_PATH || mask.name !== 'hash',
  );
  if (keys === 'deterministic')
    return parts
      .filter(({ encrypt, seal }) => encrypt === 'seal' && isDeterministic(seal))
      .map(({ path }) => `${topics.encrypted}  field ${path}`);
  const masked = parts
    .filter((field) => maskPurpose(field) === keys)
    .map(({ path }) => `${topics.masked}  field ${path}`);
  if (keys !== 'hash') return masked;
  return [
    `${topics.accepted}  record key`,
    ...(key.mask.name === 'hash' ? [`${topics.masked}  record key`] : []),
    ...(key.encrypt === 'hash' ? [`${topics.encrypted}  record key`] : []),
    ...masked,
  ];
}
