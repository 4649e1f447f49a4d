/**
 * key-care: what is done to keys and to the keys of persons, for the command and for access alike.
 *
 * Promises: each deed is told to the audit log, in the same words whoever ordered it, before it is given
 * back; a key ends only after it was looked at what still needs it; a change that was cut is finished by
 * the next one; no key, no value of a record and no subject is ever told.
 */
export { destroyKey, type DestroyOrder } from './key-destruction.ts';
export { type KeyMove, type RewrapParts, type RewrappedKeys, rewrapKeysets } from './key-rewrap.ts';
export {
  type MadeKey,
  rotateKeys,
  ROTATED_PURPOSES,
  type RotationOrder,
  type RotationParts,
} from './key-rotation.ts';
export {
  HINDRANCES,
  type Hindrance,
  type KeySafety,
  keySafety,
  type SafetyOrder,
  SETTLED_MS,
} from './key-safety.ts';
export {
  keyIdsIn,
  type KeyUsage,
  type ScannedTopics,
  scanUsage,
  type UsageScan,
} from './key-usage.ts';
export { namedUsage, type NamedUsage, type UsageChoice } from './named-usage.ts';
export { shredPlanNotes } from './shred-plan.ts';
export {
  isSubjectIndex,
  reEnrolSubject,
  shredSubject,
  type SubjectOrder,
  type SubjectParts,
} from './subject-shred.ts';
export type { Tell } from './tell.ts';
export { usageTopics } from './usage-topics.ts';
