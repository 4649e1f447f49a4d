import {
  fpeLengthMin,
  type FpeParameters,
  fpeProblem,
  partialKeeps,
  type PartialParameters,
  partialProblem,
  type Transform,
  TRANSFORMS,
} from '@sealstream/masking';
import { isDeterministic } from '@sealstream/crypto';
import { parsePattern } from '@sealstream/records';
import type { Field } from './dataset.ts';
import { headerName } from './record-part.ts';
import type { Place, ReadBeside, SourceText } from './source-text.ts';
import {
  type ClassName,
  ENUMERABLE_BITS,
  soundsLikeCard,
  VALUE_CLASSES,
  type ValueClass,
} from './value-class.ts';

/** PCI SSC FAQ 1091: at most the first six and the last four digits of a card number. */
const CARD_FIRST = 6;
const CARD_LAST = 4;

/** What a rule would still show, as errors and warnings; and the files that rules go by. */
export interface ExposureReport {
  readonly source: SourceText;
  readonly readBeside: ReadBeside;
  warn(place: Place, message: string, path?: string): void;
}

/** By its class, or without one by its name. */
export function isCard(field: Pick<Field, 'class' | 'path'>): boolean {
  if (field.class !== undefined) return field.class === 'card';
  const name =
    headerName(field.path) ?? parsePattern(field.path)?.findLast((step) => step !== null);
  return typeof name === 'string' && soundsLikeCard(name);
}

function checkPartial(report: ExposureReport, field: Field, place: Place): void {
  const rule = field.mask.parameters as PartialParameters;
  const problem = partialProblem(rule);
  if (problem !== undefined) {
    report.source.report(place, problem, field.path);
    return;
  }
  if (isCard(field)) {
    const keeps = rule.keepFirst !== undefined || rule.keepLast !== undefined;
    const within = (rule.keepFirst ?? 0) <= CARD_FIRST && (rule.keepLast ?? 0) <= CARD_LAST;
    if (!keeps || !within)
      report.source.report(
        place,
        `a card number may show its first ${CARD_FIRST} and last ${CARD_LAST} at most: ` +
          `write { partial: { keepFirst: ${CARD_FIRST}, keepLast: ${CARD_LAST} } }`,
        field.path,
      );
    return;
  }
  const known: ValueClass | undefined =
    field.class === undefined ? undefined : VALUE_CLASSES[field.class];
  const length = known?.characters;
  if (length !== undefined && partialKeeps(rule, length) * 2 > length)
    report.warn(
      place,
      `keeps ${partialKeeps(rule, length)} of about ${length} characters, more than half`,
      field.path,
    );
}

function checkFpe(report: ExposureReport, field: Field, place: Place): void {
  const rule = (field.mask.parameters ?? {}) as FpeParameters;
  const problem = fpeProblem(rule);
  if (problem !== undefined) {
    report.source.report(place, problem, field.path);
    return;
  }
  if (isCard(field) && !((rule.keepFirst ?? 0) <= CARD_FIRST && (rule.keepLast ?? 0) <= CARD_LAST))
    report.source.report(
      place,
      `a card number may show its first ${CARD_FIRST} and last ${CARD_LAST} at most`,
      field.path,
    );
  const known: ValueClass | undefined =
    field.class === undefined ? undefined : VALUE_CLASSES[field.class];
  const needed = fpeLengthMin(rule);
  if (known?.characters !== undefined && known.characters < needed)
    report.source.report(
      place,
      `of about ${known.characters} characters this rule needs ${needed}: with fewer than 10^6 ` +
        'values of one form they can all be tried; keep less, or mask otherwise',
      field.path,
    );
}

/** Whether all values that a field can have can be tried one by one. */
function enumerable(className: ClassName | undefined): boolean | undefined {
  return className === undefined ? undefined : VALUE_CLASSES[className].bits < ENUMERABLE_BITS;
}

const ACCEPT = 'say equalityOracle: { accepted: the reason }';
const GUESS = 'whoever may write raw and read masked can find each value by trying all of them';

function checkOracle(report: ExposureReport, field: Field, place: Place, accepted: boolean): void {
  const transform: Transform = TRANSFORMS[field.mask.name];
  if (!transform.preservesEquality(field.mask.parameters)) {
    if (accepted)
      report.warn(place, 'equalityOracle accepts nothing: the mask has none', field.path);
    return;
  }
  if (accepted) return;
  const by = field.presets?.mask === undefined ? '' : `, by ${field.presets.mask},`;
  const name = `${field.mask.name}${by}`;
  const small = field.types.includes('string') ? enumerable(field.class) : true;
  if (small === undefined)
    report.source.report(
      place,
      `${name} makes equal values equal; declare the class of the field, or ${ACCEPT}`,
      field.path,
    );
  else if (small)
    report.source.report(
      place,
      `${name} on so few possible values hides nothing: ${GUESS}; mask otherwise, or ${ACCEPT}`,
      field.path,
    );
}

/** Checks what a field's mask still shows. */
export function checkExposure(
  report: ExposureReport,
  field: Field,
  place: Place,
  accepted: boolean,
): void {
  const mask = [...place, 'mask'];
  if (field.mask.name === 'partial') checkPartial(report, field, mask);
  if (field.mask.name === 'fpe') checkFpe(report, field, mask);
  if (field.mask.name === 'keep' && isCard(field))
    report.warn(mask, 'the whole card number stands on masked', field.path);
  checkOracle(report, field, mask, accepted);
  if (field.encrypt === 'seal' && isDeterministic(field.seal) && !accepted) {
    const small = field.types.includes('string') ? enumerable(field.class) : true;
    if (small !== false)
      report.source.report(
        [...place, 'encrypt'],
        `deterministic on so few possible values hides nothing: whoever may write raw and read ` +
          `encrypted can find each by trying all of them; ${ACCEPT}`,
        field.path,
      );
  }
}

/** Record keys count as large unless their class says otherwise. */
export function checkKeyOracle(
  report: ExposureReport,
  className: ClassName | undefined,
  place: Place,
  method: 'hash' | 'deterministic' | undefined,
  accepted: boolean,
): void {
  if (method !== undefined && !accepted && enumerable(className) === true)
    report.source.report(
      place,
      `${method} on keys of class ${className} hides nothing: ${GUESS}; drop the key, or ${ACCEPT}`,
    );
}
