import {
  DateShiftParameters,
  FpeParameters,
  GeneraliseParameters,
  type MaskRule,
  NoiseParameters,
  PartialParameters,
  PseudonymParameters,
  ScrubParameters,
  TokeniseParameters,
  type Transform,
  TRANSFORM_NAMES,
  type TransformName,
  TRANSFORMS,
  TruncateIpParameters,
} from '@sealstream/masking';
import type { ValueType } from '@sealstream/records';
import type { z } from 'zod';
import { fieldOf, reportIssues } from './language-problems.ts';
import { didYouMean } from './near-word.ts';
import type { Place, SourceText } from './source-text.ts';
import { type ClassName, VALUE_CLASSES, type ValueClass } from './value-class.ts';

/** A field is hidden when a policy says nothing of it. */
const DEFAULT: MaskRule = { name: 'redact', parameters: undefined };

const PARAMETER_WORDS: Partial<Record<TransformName, readonly string[]>> = {
  partial: Object.keys(PartialParameters.shape),
  generalise: GeneraliseParameters.options.flatMap((option) => Object.keys(option.shape)),
  truncateIp: Object.keys(TruncateIpParameters.shape),
  dateShift: Object.keys(DateShiftParameters.shape),
  fpe: Object.keys(FpeParameters.shape),
  noise: Object.keys(NoiseParameters.shape),
  pseudonym: Object.keys(PseudonymParameters.shape),
  scrub: Object.keys(ScrubParameters.shape),
  tokenise: Object.keys(TokeniseParameters.shape),
};

function isName(word: string): word is TransformName {
  return (TRANSFORM_NAMES as readonly string[]).includes(word);
}

function parameters(
  source: SourceText,
  place: Place,
  name: TransformName,
  given: unknown,
): MaskRule | undefined {
  const transform: Transform = TRANSFORMS[name];
  const path = fieldOf(place);
  if (!transform.takesParameters) {
    source.report(place, `${name} takes no parameters: write ${transform.example}`, path);
    return undefined;
  }
  const parsed = transform.parameters.safeParse(given);
  if (parsed.success) return { name, parameters: parsed.data };
  const inner = parsed.error.issues.flatMap(formOf);
  if (inner.length > 0) reportIssues(source, inner, place);
  else if (parsed.error.issues.some((issue) => issue.code === 'invalid_union'))
    source.report(place, `${name} must be written as ${transform.example}`, path);
  else reportIssues(source, parsed.error.issues, place, () => PARAMETER_WORDS[name] ?? []);
  return undefined;
}

/** What is wrong within the one form of several whose words were written. */
function formOf(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [];
  const known = issue.errors.filter((of) => of.every(({ code }) => code !== 'unrecognized_keys'));
  return known.length === 1 ? known[0] : [];
}

/** What `partial` alone stands for: the parameters that are standard for the class. */
function partialOf(
  source: SourceText,
  place: Place,
  className: ClassName | undefined,
): MaskRule | undefined {
  const example = TRANSFORMS.partial.example;
  const known: Partial<ValueClass> = className === undefined ? {} : VALUE_CLASSES[className];
  if (known.partial !== undefined) return { name: 'partial', parameters: known.partial };
  const problem =
    className === undefined
      ? `partial alone goes by the class of the field: declare one, or write ${example}`
      : `nothing is standard to show of class ${className}: write ${known.instead ?? 'redact'}, or ` +
        `say what stays, as in ${example}`;
  source.report(place, problem, fieldOf(place));
  return undefined;
}

function named(
  source: SourceText,
  place: Place,
  word: string,
  className: ClassName | undefined,
): MaskRule | undefined {
  const path = fieldOf(place);
  if (!isName(word)) {
    source.report(place, `unknown mask ${word}${didYouMean(word, TRANSFORM_NAMES)}`, path);
    return undefined;
  }
  const transform: Transform = TRANSFORMS[word];
  if (transform.bare) return { name: word, parameters: undefined };
  if (transform.byClass === true) return partialOf(source, place, className);
  source.report(place, `${word} needs parameters, as in ${transform.example}`, path);
  return undefined;
}

/** Reads what stands under `mask`: a name, or a map of one name to its parameters. */
export function readMask(
  source: SourceText,
  place: Place,
  given: unknown,
  className?: ClassName,
): MaskRule | undefined {
  if (given === undefined) return DEFAULT;
  const path = fieldOf(place);
  if (given === null) {
    if (!source.isEmpty(place)) return { name: 'null', parameters: undefined };
    source.report(place, 'mask is empty; name what it does, as in mask: redact', path);
    return undefined;
  }
  if (typeof given === 'string') return named(source, place, given, className);
  if (typeof given !== 'object' || Array.isArray(given)) {
    source.report(place, 'mask must be a name, or a map of one name to its parameters', path);
    return undefined;
  }
  const [entry, ...more] = Object.entries(given);
  if (entry === undefined || more.length > 0) {
    source.report(place, 'mask must name exactly one transform', path);
    return undefined;
  }
  const [word, value] = entry;
  if (isName(word)) return parameters(source, [...place, word], word, value);
  source.reportKey(
    [...place, word],
    `unknown mask ${word}${didYouMean(word, TRANSFORM_NAMES)}`,
    path,
  );
  return undefined;
}

/** Purpose of the keys that a field is masked under; undefined when it needs none. */
export function maskPurpose({ mask }: { readonly mask: MaskRule }): Transform['purpose'] {
  return TRANSFORMS[mask.name].purpose;
}

/** Why a rule does not go with the declared types, or undefined. */
export function typeProblem(rule: MaskRule, types: readonly ValueType[]): string | undefined {
  const transform: Transform = TRANSFORMS[rule.name];
  const unfit = types.find((type) => !transform.types.includes(type));
  if (unfit !== undefined) return `${rule.name} cannot treat a ${unfit}`;
  const needed = transform.needsType?.(rule.parameters);
  if (needed === undefined || types.every((type) => type === needed)) return undefined;
  const by = Object.keys(rule.parameters as object).join(', ');
  return `${rule.name} by ${by} needs type: ${needed}`;
}

/** Whether what gives a field's values back can end with the subjects of its dataset. */
export function canGoWithSubject({ name }: MaskRule): boolean {
  const transform: Transform = TRANSFORMS[name];
  return transform.goesWithSubject === true;
}

/** Why a rule would outlive the subjects of its dataset, or undefined. */
export function shredProblem(rule: MaskRule): string | undefined {
  const transform: Transform = TRANSFORMS[rule.name];
  if (!transform.reversible || canGoWithSubject(rule)) return undefined;
  return (
    `what ${rule.name} gives can be turned back after its subject was shredded: mask otherwise, or ` +
    'say survivesShred: true'
  );
}

/** Why a rule does not go with a dataset that names no subject, or undefined. */
export function subjectProblem(rule: MaskRule): string | undefined {
  const transform: Transform = TRANSFORMS[rule.name];
  if (transform.needsSubject?.(rule.parameters) !== true) return undefined;
  return `${rule.name} treats all values of a subject alike: say who is the subject of the dataset`;
}
