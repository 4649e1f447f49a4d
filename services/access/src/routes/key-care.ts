import type { Route } from '../route.ts';
import { destroyKeyRoute, keyUsage } from './key-endings.ts';
import { keyUsages } from './key-usages.ts';
import { rewrapKeys, rotateKeysRoute } from './key-changes.ts';
import { reEnrol, shred } from './shreds.ts';
import { shredPlanOf, subjectIndexOf, subjectState } from './subjects.ts';

/** The routes at which keys, and the keys of persons, are looked after. */
export const KEY_CARE_ROUTES: readonly Route[] = [
  rotateKeysRoute,
  rewrapKeys,
  keyUsages,
  keyUsage,
  destroyKeyRoute,
  subjectIndexOf,
  subjectState,
  shredPlanOf,
  shred,
  reEnrol,
];
