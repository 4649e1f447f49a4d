import { z } from 'zod';
import { DateShiftParameters, dateShiftAction } from './date-shift.ts';
import { FpeParameters, fpeAction } from './fpe.ts';
import { GeneraliseParameters, generaliseAction, generalises } from './generalise.ts';
import { hashAction } from './hash.ts';
import { keepDomainAction } from './keep-domain.ts';
import { NoiseParameters, noiseAction } from './noise.ts';
import { PartialParameters, partialAction } from './partial.ts';
import { PseudonymParameters, pseudonymAction } from './pseudonym.ts';
import { ScrubParameters, scrubAction, scrubKeepsEquality } from './scrub.ts';
import { TokeniseParameters, tokeniseAction } from './tokenise.ts';
import type { MaskAction, MaskedField, Transform } from './transform.ts';
import { TruncateIpParameters, truncateIpAction } from './truncate-ip.ts';

const SCALARS = ['string', 'number', 'boolean'] as const;
/** What does not look inside a value can treat a whole object or array. */
const ALL_TYPES = [...SCALARS, 'object', 'array'] as const;

const row = <P>(transform: Transform<P>): Transform<P> => transform;

const none = z.undefined();
const keyless = { purpose: undefined, reversible: false, preservesEquality: () => false } as const;
const bare = { parameters: none, bare: true, takesParameters: false } as const;

/**
 * Every transform that a policy can name. Parser, JSON Schema and documents are built from this
 * table; a new row is all that a new transform needs.
 */
export const TRANSFORMS = {
  keep: row({
    ...keyless,
    ...bare,
    summary: 'Leaves the value as it is.',
    example: 'keep',
    afterShred: 'readable',
    types: ALL_TYPES,
    output: 'as it was',
    shows: 'everything',
    keeps: 'everything',
    action: () => ({ does: 'keep' }),
  }),
  redact: row({
    ...keyless,
    ...bare,
    summary: 'Puts `[redacted]` in its place, null included.',
    example: 'redact',
    afterShred: 'nothing',
    types: ALL_TYPES,
    output: 'text',
    shows: 'nothing',
    keeps: 'nothing',
    action: () => ({ does: 'fixed', value: '[redacted]' }),
  }),
  drop: row({
    ...keyless,
    ...bare,
    summary: 'Leaves the field out.',
    example: 'drop',
    afterShred: 'nothing',
    types: ALL_TYPES,
    output: 'nothing',
    shows: 'nothing',
    keeps: 'nothing, not even that it was there',
    action: () => ({ does: 'drop' }),
  }),
  null: row({
    ...keyless,
    ...bare,
    summary: 'Puts null in its place; an empty cell in CSV.',
    example: 'null',
    afterShred: 'nothing',
    types: ALL_TYPES,
    output: 'null',
    shows: 'nothing',
    keeps: 'nothing',
    action: () => ({ does: 'fixed', value: null }),
  }),
  constant: row({
    ...keyless,
    summary: 'Puts the same value in the place of every one, null included.',
    example: "{ constant: '-' }",
    parameters: z.union([z.string().max(1000), z.number(), z.boolean()]),
    bare: false,
    takesParameters: true,
    afterShred: 'nothing',
    types: ALL_TYPES,
    output: 'the constant',
    shows: 'nothing',
    keeps: 'nothing',
    action: (value) => ({ does: 'fixed', value }),
  }),
  partial: row({
    ...keyless,
    summary: 'Hides letters and digits by their place; separators stay.',
    example: '{ partial: { hideLast: 4 } }',
    parameters: PartialParameters,
    bare: false,
    byClass: true,
    takesParameters: true,
    afterShred: 'one-way',
    types: ['string', 'number'],
    output: 'text',
    shows: 'part',
    keeps: 'the characters named, separators, length',
    action: (rule) => partialAction(rule),
  }),
  hash: row({
    purpose: 'hash',
    reversible: false,
    preservesEquality: () => true,
    summary: 'Puts a keyed hash in its place: 22 characters, equal for equal values.',
    example: 'hash',
    parameters: z.strictObject({}).optional(),
    bare: true,
    takesParameters: true,
    afterShred: 'one-way',
    types: SCALARS,
    output: 'text',
    shows: 'equality',
    keeps: 'which records have equal values',
    action: (_rule, field) => hashAction(field),
  }),
  generalise: row({
    ...keyless,
    summary:
      'Puts the lower bound of a bucket, the year or month of a date, the first three digits of a ' +
      'US zip code, one age for all above it, or a coarser form from a file in its place.',
    example:
      '{ generalise: { bucket: 50 } } or { generalise: { hierarchy: cities.csv, level: 1 } }',
    parameters: GeneraliseParameters,
    bare: false,
    takesParameters: true,
    afterShred: 'one-way',
    types: ['string', 'number'],
    output: 'as it was',
    shows: 'part',
    keeps: 'the bucket, year, month, area, age or coarser form',
    needsType: generalises,
    action: (rule) => generaliseAction(rule),
  }),
  keepDomain: row({
    ...keyless,
    ...bare,
    summary: 'Hides what stands before the at sign of an e-mail address.',
    example: 'keepDomain',
    afterShred: 'one-way',
    types: ['string'],
    output: 'text',
    shows: 'part',
    keeps: 'the domain',
    action: () => keepDomainAction(),
  }),
  truncateIp: row({
    ...keyless,
    summary: 'Puts the network of an IP address in its place.',
    example: 'truncateIp',
    parameters: TruncateIpParameters.optional(),
    bare: true,
    takesParameters: true,
    afterShred: 'one-way',
    types: ['string'],
    output: 'text',
    shows: 'part',
    keeps: 'the network: 24 bits of IPv4, 48 of IPv6',
    action: (rule) => truncateIpAction(rule),
  }),
  fpe: row({
    purpose: 'fpe',
    reversible: true,
    preservesEquality: () => true,
    summary: 'Enciphers digits, or letters and digits, in their own form.',
    example: '{ fpe: { keepLast: 4 } }',
    parameters: FpeParameters.optional(),
    bare: true,
    takesParameters: true,
    afterShred: 'still-opens',
    types: ['string'],
    output: 'text',
    shows: 'part',
    keeps: 'form, length, the characters named, which records have equal values; all with the key',
    action: (rule, field) => fpeAction(rule, field),
  }),
  tokenise: row({
    purpose: 'vault',
    reversible: true,
    preservesEquality: () => true,
    summary: 'Puts a random token in its place; the vault gives the value back.',
    example: 'tokenise',
    parameters: TokeniseParameters.optional(),
    bare: true,
    takesParameters: true,
    goesWithSubject: true,
    afterShred: 'still-opens',
    types: ['string', 'number'],
    output: 'text',
    shows: 'equality',
    keeps:
      'which records (of one subject) have equal values, with shape: same their form; all with the ' +
      'vault and its key',
    action: (rule, field) => tokeniseAction(rule ?? {}, field),
  }),
  scrub: row({
    purpose: 'hash',
    reversible: false,
    preservesEquality: scrubKeepsEquality,
    summary: 'Takes the personal data that the scanner finds out of a text.',
    example: 'scrub',
    parameters: ScrubParameters.optional(),
    bare: true,
    takesParameters: true,
    afterShred: 'readable',
    types: ['string'],
    output: 'text',
    shows: 'part',
    keeps: 'the text, and in it all that the scanner does not find',
    action: (rule, field) => scrubAction(rule, field),
  }),
  pseudonym: row({
    purpose: 'hash',
    reversible: false,
    preservesEquality: () => true,
    summary: 'Puts an invented name, address or city in its place, the same for equal values.',
    example: '{ pseudonym: { of: name } }',
    parameters: PseudonymParameters,
    bare: false,
    takesParameters: true,
    afterShred: 'one-way',
    types: ['string'],
    output: 'text',
    shows: 'equality',
    keeps: 'which records have equal values, capitals, digits of a house number',
    action: (rule, field) => pseudonymAction(rule, field),
  }),
  dateShift: row({
    purpose: 'hash',
    reversible: false,
    preservesEquality: () => false,
    summary: 'Moves all dates of a subject by the same number of days.',
    example: '{ dateShift: { days: 30 } }',
    parameters: DateShiftParameters,
    bare: false,
    takesParameters: true,
    afterShred: 'one-way',
    needsSubject: () => true,
    types: ['string'],
    output: 'as it was',
    shows: 'part',
    keeps: 'days between the dates of a subject, the time of day, the date within bounds',
    action: (rule, field) => dateShiftAction(rule, field),
  }),
  noise: row({
    purpose: 'hash',
    reversible: false,
    preservesEquality: () => false,
    summary: 'Moves a number by a random amount within bounds.',
    example: '{ noise: { within: 5 } }',
    parameters: NoiseParameters,
    bare: false,
    takesParameters: true,
    afterShred: 'one-way',
    needsSubject: ({ per }) => per === 'subject',
    types: ['number'],
    output: 'as it was',
    shows: 'part',
    keeps: 'the number within bounds; sums and means of many',
    action: (rule, field) => noiseAction(rule, field),
  }),
} as const;

export type TransformName = keyof typeof TRANSFORMS;

export const TRANSFORM_NAMES = Object.keys(TRANSFORMS) as TransformName[];

/** A transform as a policy names it. `parameters` has been parsed by the row's own schema. */
export interface MaskRule {
  readonly name: TransformName;
  readonly parameters: unknown;
}

/** What this rule does to that field. Throws what zod throws when the parameters do not fit. */
export function maskAction(rule: MaskRule, field: MaskedField): MaskAction {
  const transform: Transform = TRANSFORMS[rule.name];
  return transform.action(transform.parameters.parse(rule.parameters), field);
}
