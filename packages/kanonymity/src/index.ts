/**
 * kanonymity: k-anonymity with l-diversity on a stream, and the checker of its output.
 *
 * Promises: an entry leaves exactly once and never later than its delay; a published group has k
 * different subjects and l different sensitive values, and shows values that cover all members;
 * everything follows from the calls and a random source that the caller gives. Knows no formats, no
 * clock and no Kafka.
 */
export { type Fault, OutputChecker, type PublishedRow } from './checker.ts';
export type {
  Entry,
  Group,
  Member,
  Refusal,
  Step,
  Suppressed,
  SuppressionReason,
} from './entry.ts';
export { ANYTHING, Hierarchy, HierarchyError } from './hierarchy.ts';
export {
  type CategoricalQuasiIdentifier,
  type Generalised,
  type NumericQuasiIdentifier,
  type QuasiIdentifier,
  type RawValue,
  textOf,
} from './quasi-identifier.ts';
export { AnonymousStream, type Totals } from './stream.ts';
export type { StreamOptions } from './stream-options.ts';
export { type SubjectCount, SubjectGroups, type SubjectLimit } from './subject-groups.ts';
