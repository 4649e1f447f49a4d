import type { MaskRule, TransformName } from '@sealstream/masking';
import type { ClassName } from './value-class.ts';

export const PRESET_NAMES = ['pci', 'hipaa-safe-harbor', 'gdpr-pseudonymise'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** What a preset does to the fields of one class, and what it lets them be. */
export interface PresetRow {
  /** The mask of a field that names none; `redact` where it does not go with the field's type. */
  readonly mask: MaskRule;
  /** Masks that it lets pass besides those that show nothing, and within which bounds. */
  readonly also: Partial<Record<TransformName, (parameters: unknown) => boolean>>;
  /** The same in words. */
  readonly lets: string;
  /** Whether the value may stand on encrypted, sealed; else it is left out there as well. */
  readonly sealed: boolean;
}

type Preset = Readonly<Partial<Record<ClassName, PresetRow>>>;

/** These show nothing of a value, so every preset lets them pass. */
export const HIDING: readonly TransformName[] = ['redact', 'drop', 'null', 'constant'];

const redact: MaskRule = { name: 'redact', parameters: undefined };
const hash: MaskRule = { name: 'hash', parameters: undefined };
const generalise = (parameters: object): MaskRule => ({ name: 'generalise', parameters });
const pseudonym = (of: string): MaskRule => ({ name: 'pseudonym', parameters: { of } });
const always = (): boolean => true;

const valueOf = (parameters: unknown, name: string): unknown => Object(parameters)[name];

/** At most the first six and the last four digits: PCI SSC FAQ 1091. */
function isTruncated(parameters: unknown): boolean {
  const [first, last] = ['keepFirst', 'keepLast'].map((name) => valueOf(parameters, name));
  return Number(first ?? 0) <= 6 && Number(last ?? 0) <= 4;
}

function isTruncatedPartial(parameters: unknown): boolean {
  const isKeeping = ['keepFirst', 'keepLast'].some(
    (name) => valueOf(parameters, name) !== undefined,
  );
  return isKeeping && isTruncated(parameters);
}

/** PCI DSS 4.0: 3.3 what may never be kept, 3.4 what may be shown, 3.5 what may be stored. */
const PCI: Preset = {
  card: {
    mask: { name: 'partial', parameters: { keepFirst: 6, keepLast: 4 } },
    also: { partial: isTruncatedPartial, fpe: isTruncated, hash: always },
    lets: 'partial and fpe within first 6 and last 4; hash, when its oracle is accepted',
    sealed: true,
  },
  'security-code': {
    mask: { name: 'drop', parameters: undefined },
    also: {},
    lets: 'nothing, not even sealed',
    sealed: false,
  },
};

const gone: PresetRow = { mask: redact, also: {}, lets: 'nothing', sealed: true };

/** The one rule of a class, and nothing else. */
const only = (mask: MaskRule, lets: string, fits: (parameters: unknown) => boolean): PresetRow => ({
  mask,
  also: { [mask.name]: fits },
  lets,
  sealed: true,
});

/**
 * 45 CFR 164.514(b)(2)(i), (A) to (R). A code that is derived from the value may not stand for it
 * (164.514(c)(1)), so a hash, a pseudonym and fpe are none of it.
 */
const HIPAA: Preset = {
  name: gone,
  address: gone,
  place: gone,
  zip: only(
    generalise({ zip: 3 }),
    'the first 3 digits by generalise',
    (p) => valueOf(p, 'zip') === 3,
  ),
  date: only(
    generalise({ date: 'year' }),
    'the year by generalise',
    (p) => valueOf(p, 'date') === 'year',
  ),
  age: only(
    generalise({ ageOver: 89 }),
    'ages pooled by generalise above 89 or less',
    (p) => Number(valueOf(p, 'ageOver') ?? Number.NaN) <= 89,
  ),
  phone: gone,
  email: gone,
  ssn: gone,
  'medical-record': gone,
  'health-plan': gone,
  account: gone,
  card: gone,
  iban: gone,
  'security-code': gone,
  licence: gone,
  vehicle: gone,
  device: gone,
  url: gone,
  ip: gone,
  biometric: gone,
  photo: gone,
  passport: gone,
  'national-id': gone,
  uuid: gone,
  random: gone,
  id: gone,
  text: gone,
};

const replaced = (mask: MaskRule, more: PresetRow['also'] = {}, how = ''): PresetRow => ({
  mask,
  also: { hash: always, pseudonym: always, ...more },
  lets: ['hash', 'pseudonym', ...Object.keys(more).map((name) => name + how)].join(', '),
  sealed: true,
});

/** Values of digits alone, and those that may have letters, which digits' fpe would leave in clear. */
const ofDigits = (): PresetRow => replaced(hash, { fpe: isWhole }, ' that keeps no character');
const ofLetters = (): PresetRow =>
  replaced(
    hash,
    { fpe: (p) => isWhole(p) && valueOf(p, 'alphabet') === 'alphanumeric' },
    ' with alphabet: alphanumeric that keeps no character',
  );

function isWhole(parameters: unknown): boolean {
  return ['keepFirst', 'keepLast'].every((name) => Number(valueOf(parameters, name) ?? 0) === 0);
}

/** GDPR Article 4(5): what points at a person is replaced, and only who has the keys can tell by what. */
const GDPR: Preset = {
  name: replaced(pseudonym('name')),
  address: replaced(pseudonym('street')),
  phone: ofDigits(),
  email: replaced(hash, { keepDomain: always }),
  ssn: ofDigits(),
  'national-id': ofLetters(),
  passport: ofLetters(),
  licence: ofLetters(),
  'medical-record': ofLetters(),
  'health-plan': ofLetters(),
  account: ofLetters(),
  card: ofDigits(),
  iban: ofLetters(),
  vehicle: ofLetters(),
  device: ofLetters(),
  ip: replaced(hash, { truncateIp: always }),
  url: replaced(hash),
  uuid: ofLetters(),
  random: ofLetters(),
  id: ofLetters(),
  biometric: gone,
  photo: gone,
};

/** Every preset: what it does to each class that it has a word on. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  pci: PCI,
  'hipaa-safe-harbor': HIPAA,
  'gdpr-pseudonymise': GDPR,
};

/** Whether a preset lets a field of the row's class have this mask. */
export function letsPass(row: PresetRow, { name, parameters }: MaskRule): boolean {
  return HIDING.includes(name) || row.also[name]?.(parameters) === true;
}
