/**
 * masking: the table of transforms that a policy can name, and what each does to a text.
 *
 * Promises: a transform is a row (parameters, key, reversible, equality, types, what it keeps);
 * what it writes is text or a plain decimal, so that any format can hold it; a value that a
 * transform cannot treat is told and never passed. Knows neither JSON nor CSV, keeps no value.
 */
export { DateShiftParameters } from './date-shift.ts';
export { FpeField, fpeLengthMin, FpeParameters, fpeProblem } from './fpe.ts';
export { GeneraliseParameters } from './generalise.ts';
export { isoDate } from './iso-date.ts';
export { domainFrom } from './keep-domain.ts';
export { NoiseParameters } from './noise.ts';
export { partialKeeps, PartialParameters, partialProblem } from './partial.ts';
export { PseudonymParameters } from './pseudonym.ts';
export { ScrubParameters } from './scrub.ts';
export { TokeniseParameters } from './tokenise.ts';
export {
  type MaskAction,
  type MaskedField,
  type Rewrite,
  SHOWS,
  type Shows,
  type TextOutput,
  type Transform,
} from './transform.ts';
export {
  maskAction,
  type MaskRule,
  TRANSFORM_NAMES,
  type TransformName,
  TRANSFORMS,
} from './transforms.ts';
export { TruncateIpParameters } from './truncate-ip.ts';
