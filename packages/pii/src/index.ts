/**
 * pii: finds personal data in free text.
 *
 * Promises: one pass over the bytes of a UTF-8 text in linear time, whatever it holds; findings are
 * sorted, disjoint, at borders of characters, each with a class and a score; what a form cannot
 * decide, words beside it do. Keeps no text and puts no value in an error. Knows neither formats nor
 * Kafka, and does nothing to what it finds.
 */
export { passesLuhn } from './card.ts';
export {
  FORM_CLASSES,
  PII_CLASS_NAMES,
  PII_CLASSES,
  type PiiClass,
  type PiiClassRow,
} from './classes.ts';
export { classify, type Guess } from './classify.ts';
export { type Finding, Findings } from './findings.ts';
export { LeakSentinel } from './leak-sentinel.ts';
export { NATIONAL_IDS } from './national-id.ts';
export { PiiScanner, type ScannerOptions } from './scanner.ts';
