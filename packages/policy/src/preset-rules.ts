import type { MaskRule } from '@sealstream/masking';
import type { ValueType } from '@sealstream/records';
import type { Field, Part } from './dataset.ts';
import { type ExposureReport, isCard } from './exposure.ts';
import { typeProblem } from './mask-rule.ts';
import { HIDING, letsPass, type PresetName, type PresetRow, PRESETS } from './presets.ts';
import { headerPath } from './record-part.ts';
import { ruleText } from './rule-text.ts';
import type { Place } from './source-text.ts';
import type { ClassName } from './value-class.ts';

/** What a preset does to a field that leaves it to it. */
export interface PresetRule {
  readonly preset: PresetName;
  readonly mask: MaskRule;
  /** Undefined where the presets leave it at seal. */
  readonly encrypt?: { readonly preset: PresetName; readonly method: 'drop' };
}

type NamedRow = readonly [preset: PresetName, row: PresetRow];

function rowsOf(presets: readonly PresetName[], className: ClassName | undefined): NamedRow[] {
  if (className === undefined) return [];
  return presets.flatMap((preset): NamedRow[] => {
    const row = PRESETS[preset][className];
    return row === undefined ? [] : [[preset, row]];
  });
}

/** The rule of the first preset that all of them let pass; undefined when none knows the class. */
export function presetRule(
  presets: readonly PresetName[],
  className: ClassName | undefined,
  types: readonly ValueType[],
): PresetRule | undefined {
  const rows = rowsOf(presets, className);
  const found =
    rows.find(([, { mask }]) => rows.every(([, row]) => letsPass(row, mask))) ?? rows[0];
  if (found === undefined) return undefined;
  const [preset, { mask }] = found;
  const unsealed = rows.find(([, { sealed }]) => !sealed);
  const fits = typeProblem(mask, types) === undefined;
  return {
    preset,
    mask: fits ? mask : { name: 'redact', parameters: undefined },
    ...(unsealed !== undefined && { encrypt: { preset: unsealed[0], method: 'drop' } }),
  };
}

/** A card number may be told by its name alone; see isCard. */
const shown = (field: Field): string =>
  field.class === undefined
    ? 'what its name says is a card number'
    : `a field of class ${field.class}`;

const TRACEPARENT = headerPath('traceparent');

/** Reports what a preset forbids a field, and warns where it cannot tell. */
export function checkPresets(
  report: ExposureReport,
  presets: readonly PresetName[],
  field: Field,
  place: Place,
): void {
  const className = field.class ?? (isCard(field) ? 'card' : undefined);
  if (className === undefined) {
    // Whatever its producer says, a traceparent passes as one that the W3C's grammar knows.
    if (presets.length > 0 && field.mask.name === 'keep' && field.path !== TRACEPARENT)
      report.warn(
        [...place, 'mask'],
        `kept without a class, so ${presets.join(' and ')} cannot check it`,
        field.path,
      );
    return;
  }
  for (const [preset, row] of rowsOf(presets, className)) {
    if (!letsPass(row, field.mask))
      report.source.report(
        [...place, 'mask'],
        `${preset} forbids ${ruleText(field.mask)} on ${shown(field)}: ` +
          `besides what shows nothing it lets pass ${row.lets}`,
        field.path,
      );
    const isForbidden = field.encrypt === 'keep' || (field.encrypt === 'seal' && !row.sealed);
    if (isForbidden)
      report.source.report(
        [...place, 'encrypt'],
        `${preset} forbids ${field.encrypt} on ${shown(field)}: write ` +
          (row.sealed ? 'seal, drop or null' : 'drop or null'),
        field.path,
      );
  }
}

/** What a mask leaves of a card number, whatever stands for the rest; undefined when nothing. */
function cardForm({ name, parameters }: MaskRule): string | undefined {
  if (HIDING.includes(name)) return undefined;
  const rule = (parameters ?? {}) as { keepFirst?: number; keepLast?: number };
  return `${name} ${rule.keepFirst ?? 0} ${rule.keepLast ?? 0}`;
}

/**
 * Reports card numbers that stand in two forms on masked: what one hides the other may show, and of a hash
 * beside a truncated number only a million have to be tried (PCI SSC FAQ 1091, PCI DSS 3.5.1).
 */
export function checkCardForms(
  report: ExposureReport,
  presets: readonly PresetName[],
  fields: readonly Field[],
  placeOf: (path: string) => Place,
): void {
  if (!presets.includes('pci')) return;
  const [first, ...others] = fields.filter(
    (field) => isCard(field) && cardForm(field.mask) !== undefined,
  );
  for (const { mask, path } of others)
    if (cardForm(mask) !== cardForm(first.mask))
      report.source.report(
        [...placeOf(path), 'mask'],
        `pci allows one form of card numbers, and ${first.path} has another: ` +
          ruleText(first.mask),
        path,
      );
}

/** The one preset that forbids a hash, being derived from the value, on identifiers of every class. */
const NO_HASH: PresetName = 'hipaa-safe-harbor';

/** Reports a record key that is kept, or masked as fields of its class may not be. */
export function checkPresetKey(
  report: ExposureReport,
  presets: readonly PresetName[],
  { class: className, encrypt, mask }: Pick<Part, 'class' | 'encrypt' | 'mask'>,
  place: Place,
): void {
  const isKept = mask.name === 'keep' || encrypt === 'keep';
  if (className === undefined) {
    const isHiding = HIDING.includes(mask.name);
    const wary = presets.filter((preset) => isKept || (!isHiding && preset === NO_HASH));
    const shown = mask.name === 'hash' ? 'hashed on masked' : `masked by ${mask.name}`;
    if (wary.length > 0)
      report.warn(
        place,
        `the key is ${isKept ? 'kept' : shown} without a class, so ` +
          `${wary.join(' and ')} cannot check it: name its class, or drop it`,
      );
    return;
  }
  const { source } = report;
  for (const [preset, row] of rowsOf(presets, className)) {
    if (isKept) source.report(place, `${preset} forbids to keep a key of class ${className}`);
    else if (!letsPass(row, mask))
      source.report(
        place,
        `${preset} forbids ${ruleText(mask)} on a key of class ${className} on masked`,
      );
    if (encrypt === 'seal' && !row.sealed)
      source.report(place, `${preset} forbids to seal a key of class ${className}`);
  }
}
