import { type GrantField, SealstreamError } from '@sealstream/contracts';

import type { Dataset } from './dataset.ts';
import { didYouMean } from './near-word.ts';
import { partsOf } from './record-part.ts';

/**
 * The fields of a policy that a grant is to name, as they are sealed now.
 *
 * @throws SealstreamError USAGE for a path that is not sealed on encrypted, or stands twice
 */
export function grantedFields(dataset: Dataset, paths: readonly string[]): GrantField[] {
  const sealed = partsOf(dataset).filter(({ encrypt }) => encrypt === 'seal');
  const known = sealed.map(({ path }) => path);
  return paths.map((wanted, at) => {
    const field = sealed.find(({ path }) => path === wanted);
    if (field === undefined)
      throw new SealstreamError(
        'USAGE',
        { dataset: dataset.name },
        `No field sealed on encrypted is called ${wanted}${didYouMean(wanted, known)}.`,
      );
    if (paths.indexOf(wanted) !== at)
      throw new SealstreamError('USAGE', { dataset: dataset.name }, `${wanted} stands twice.`);
    const { algorithm, bind, form, keys: purpose } = field.seal;
    return { path: field.path, form, algorithm, purpose, bind: [...bind] };
  });
}
