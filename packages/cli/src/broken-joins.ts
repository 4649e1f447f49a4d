import { isDeterministic } from '@sealstream/crypto';
import { type Dataset, maskPurpose } from '@sealstream/policy';

/** Keys on which joins rest. */
export type JoinKeys = 'hash' | 'fpe' | 'deterministic';

/**
 * What equal values no longer have in common once such keys are made anew: each a topic of the
 * dataset and what stands there, old records against new ones.
 */
export function brokenJoins(keys: JoinKeys, { fields, key, topics }: Dataset): string[] {
  if (keys === 'deterministic')
    return fields
      .filter(({ encrypt, seal }) => encrypt === 'seal' && isDeterministic(seal))
      .map(({ path }) => `${topics.encrypted}  field ${path}`);
  const masked = fields
    .filter((field) => maskPurpose(field) === keys)
    .map(({ path }) => `${topics.masked}  field ${path}`);
  if (keys === 'fpe') return masked;
  return [
    `${topics.accepted}  record key`,
    ...(key.mask === 'hash' ? [`${topics.masked}  record key`] : []),
    ...(key.encrypt === 'hash' ? [`${topics.encrypted}  record key`] : []),
    ...masked,
  ];
}
