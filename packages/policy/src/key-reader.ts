import { isDeterministic } from '@sealstream/crypto';
import { type MaskRule, type Transform, TRANSFORMS } from '@sealstream/masking';
import type { Part } from './dataset.ts';
import { checkExposure, checkKeyOracle, type ExposureReport } from './exposure.ts';
import { type FieldSurroundings, maskProblem, ownSubjectProblem } from './field-reader.ts';
import { withHierarchy } from './hierarchy-file.ts';
import type { FieldText, KeyText } from './language.ts';
import { canGoWithSubject, readMask } from './mask-rule.ts';
import { checkPresetKey } from './preset-rules.ts';
import { KEY_PATH } from './record-part.ts';
import { readSeal } from './seal-rule.ts';
import type { Place } from './source-text.ts';

const HASH: MaskRule = { name: 'hash', parameters: undefined };

/** What becomes of the key of records. */
export function readKey(
  report: ExposureReport,
  place: Place,
  text: KeyText = {},
  { hasSubject, presets }: FieldSurroundings,
): Part {
  const { source } = report;
  const { class: className, encrypt = 'hash', survivesShred } = text;
  const at = [...place, 'mask'];
  const about = { path: KEY_PATH, ...(className !== undefined && { class: className }) };
  const said = readMask(source, at, text.mask === undefined ? 'hash' : text.mask, className);
  // What could not be read was reported, so this one treats no record.
  const mask = (said && withHierarchy(report, at, said, about)) ?? HASH;
  const asField: FieldText = {
    type: 'string',
    encrypt: typeof encrypt === 'string' ? 'keep' : encrypt,
    survivesShred,
    class: className,
  };
  const goesWithSubject = hasSubject && survivesShred !== true && canGoWithSubject(mask);
  const key: Part = {
    ...about,
    types: ['string'],
    required: false,
    mask,
    encrypt: typeof encrypt === 'string' ? encrypt : 'seal',
    seal: readSeal(report, { place, path: KEY_PATH, text: asField, hasSubject }),
    ...(goesWithSubject && { maskGoesWithSubject: true as const }),
  };
  if (key.encrypt === 'seal' && !isDeterministic(key.seal))
    source.report(
      [...place, 'encrypt'],
      'records with one key would get many: write { seal: { deterministic: true } }',
    );
  const unfit =
    maskProblem(asField, mask, key.types, hasSubject) ?? ownSubjectProblem(mask, 'a key');
  if (unfit !== undefined) source.report(at, unfit, KEY_PATH);
  else checkShown(report, key, place, text.equalityOracle !== undefined);
  checkPresetKey(report, presets, key, place);
  return key;
}

/** Keys count as many unless their class says otherwise. */
function checkShown(report: ExposureReport, key: Part, place: Place, accepted: boolean): void {
  const { encrypt, mask } = key;
  const equal = encrypt === 'seal' ? 'deterministic' : 'hash';
  const isEqual = mask.name === 'hash' || encrypt === 'hash' || encrypt === 'seal';
  const method = mask.name === 'hash' ? 'hash' : equal;
  checkKeyOracle(report, key.class, place, isEqual ? method : undefined, accepted);
  if (mask.name === 'hash') return;
  const transform: Transform = TRANSFORMS[mask.name];
  // What is accepted may be accepted for the other output.
  const isForMask = accepted && transform.preservesEquality(mask.parameters);
  const shown = { ...key, class: key.class ?? ('random' as const), encrypt: 'keep' as const };
  checkExposure(report, shown, place, isForMask);
}

/**
 * Whether keys that are equal, and no others, become equal on an output: only then may it be compacted,
 * since Kafka keeps one record of each key.
 */
export function keysStay({ mask, ...key }: Part, stage: 'mask' | 'encrypt'): boolean {
  return stage === 'mask'
    ? mask.name === 'hash' || mask.name === 'keep' || mask.name === 'fpe'
    : key.encrypt === 'hash' || key.encrypt === 'keep' || key.encrypt === 'seal';
}
