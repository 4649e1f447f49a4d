import type { PiiClass } from '@sealstream/pii';
import type { SampleField } from '@sealstream/policy';

import { isLikely } from './sample-findings.ts';
import type { SampledPath } from './sample-tree.ts';

interface DraftMask {
  /** As YAML. */
  readonly mask: string;
  /** Types that it treats. */
  readonly types: readonly string[];
}

/** What a draft keeps of a class; of every other one nothing. */
const MASKS: Partial<Record<PiiClass, DraftMask>> = {
  card: {
    mask: '{ partial: { keepFirst: 6, keepLast: 4 } }',
    types: ['string', 'number'],
  },
  ssn: { mask: '{ partial: { hideLast: 4 } }', types: ['string', 'number'] },
  phone: { mask: '{ partial: { keepLast: 4 } }', types: ['string', 'number'] },
  email: { mask: 'keepDomain', types: ['string'] },
  ip: { mask: 'truncateIp', types: ['string'] },
  date: { mask: '{ generalise: { date: year } }', types: ['string'] },
  zip: { mask: '{ generalise: { zip: 3 } }', types: ['string'] },
};

/**
 * The fields of a draft policy. A mask that shows part of a value is given only where every value of the
 * sample is of its class: of any other value it might show all, or refuse it.
 */
export function draftFields(paths: readonly SampledPath[]): SampleField[] {
  return paths.map((path) => {
    const { types } = path;
    const [found] = path.classes.filter((one) => isLikely(one, path));
    if (found === undefined) {
      const isText = path.inside.some((one) => isLikely(one, path));
      return { path: path.path, types, ...(isText && { class: 'text' as const }) };
    }
    const draft = MASKS[found.class];
    const isAll = found.values === path.values && !path.unfit.includes(found.class);
    const isFit = draft !== undefined && isAll && types.every((type) => draft.types.includes(type));
    return { path: path.path, types, class: found.class, ...(isFit && { mask: draft.mask }) };
  });
}
