import type { MaskRule } from '@sealstream/masking';
import type { ValueType } from '@sealstream/records';
import type { EncryptMethod, Field } from './dataset.ts';
import { checkExposure, type ExposureReport } from './exposure.ts';
import { withHierarchy } from './hierarchy-file.ts';
import type { FieldText } from './language.ts';
import {
  canGoWithSubject,
  readMask,
  shredProblem,
  subjectProblem,
  typeProblem,
} from './mask-rule.ts';
import { spelled } from './path-rules.ts';
import { checkPresets, type PresetRule, presetRule } from './preset-rules.ts';
import type { PresetName } from './presets.ts';
import { readSeal } from './seal-rule.ts';
import type { Place } from './source-text.ts';

/** What a dataset says that all its fields go by. */
export interface FieldSurroundings {
  readonly hasSubject: boolean;
  readonly presets: readonly PresetName[];
}

/** What a policy says of one field, or of a header; undefined, and reported, when it cannot be read. */
export function readField(
  report: ExposureReport,
  place: Place,
  path: string,
  text: FieldText,
  rest: FieldSurroundings & { readonly required: boolean },
): Field | undefined {
  const { source } = report;
  const { hasSubject, presets, required } = rest;
  const types = [...new Set(typeof text.type === 'string' ? [text.type] : text.type)].sort();
  if (text.encrypt === null && source.isEmpty([...place, 'encrypt']))
    source.report([...place, 'encrypt'], 'encrypt is empty; write seal, keep, drop or null', path);
  const given = presetRule(presets, text.class, types);
  const byPreset = text.mask === undefined ? given : undefined;
  const said = byPreset?.mask ?? readMask(source, [...place, 'mask'], text.mask, text.class);
  const about = { path, ...(text.class !== undefined && { class: text.class }) };
  const mask = said && withHierarchy(report, [...place, 'mask'], said, about);
  if (mask === undefined) return undefined;
  const goesWithSubject = hasSubject && text.survivesShred !== true && canGoWithSubject(mask);
  const field: Field = {
    path: spelled(path),
    types,
    required,
    mask,
    encrypt: encryptMethod(text, given?.encrypt?.method ?? 'seal'),
    seal: readSeal(report, { place, path, text, hasSubject }),
    ...(text.class !== undefined && { class: text.class }),
    ...(given !== undefined && { presets: presetsOf(text, given) }),
    ...(goesWithSubject && { maskGoesWithSubject: true as const }),
  };
  const unfit = maskProblem(text, mask, types, hasSubject);
  if (unfit !== undefined) source.report([...place, 'mask'], unfit, path);
  else checkExposure(report, field, place, text.equalityOracle !== undefined);
  checkPresets(report, presets, field, place);
  return field;
}

/** Which of what a field does is a preset's and not its own. */
function presetsOf({ encrypt, mask }: FieldText, given: PresetRule): NonNullable<Field['presets']> {
  return {
    ...(mask === undefined && { mask: given.preset }),
    ...(encrypt === undefined && given.encrypt !== undefined && { encrypt: given.encrypt.preset }),
  };
}

/** Why a mask does not go with the types, or with the dataset's having a subject, or none. */
export function maskProblem(
  { survivesShred }: Pick<FieldText, 'survivesShred'>,
  mask: MaskRule,
  types: readonly ValueType[],
  hasSubject: boolean,
): string | undefined {
  const unfit = typeProblem(mask, types);
  if (unfit !== undefined) return unfit;
  if (!hasSubject) return subjectProblem(mask);
  return survivesShred === true ? undefined : shredProblem(mask);
}

/** Why a mask does not go with what a record may have without being about anybody. */
export function ownSubjectProblem(mask: MaskRule, what: string): string | undefined {
  if (subjectProblem(mask) === undefined) return undefined;
  return `${mask.name} goes by the subject of a record, and ${what} may come without one`;
}

function encryptMethod({ encrypt }: FieldText, unsaid: EncryptMethod): EncryptMethod {
  if (encrypt === undefined) return unsaid;
  if (encrypt === null) return 'null';
  return typeof encrypt === 'string' ? encrypt : 'seal';
}
