import type { PartialParameters } from '@sealstream/masking';

/** What is known of the values of a class. */
export interface ValueClass {
  /** Two to this power is about how many values one has to try, knowing what everybody knows. */
  readonly bits: number;
  /** Letters and digits of a usual value, where they are always about as many. */
  readonly characters?: number;
  /** What `mask: partial` alone leaves of a value. */
  readonly partial?: PartialParameters;
  /** What fits better than to hide characters, as a policy writes it. */
  readonly instead?: string;
}

/**
 * Classes that a field can declare. `bits` is a cautious estimate for somebody who can guess: an
 * SSN has 10^9 forms, a card number 10^10 behind a known issuer, an IBAN 10^10 behind a known bank,
 * first names are on lists, and so are street addresses, companies and web pages. Who enrols people
 * counts them, so numbers of a register (`id`, `medical-record`, `health-plan`) have few digits.
 */
export const VALUE_CLASSES = {
  account: { bits: 33, partial: { keepLast: 4 } },
  address: { bits: 27, instead: '{ pseudonym: { of: street } }' },
  age: { bits: 7, instead: '{ generalise: { ageOver: 89 } }' },
  amount: { bits: 30 },
  biometric: { bits: 64 },
  card: { bits: 33, characters: 16, partial: { keepFirst: 6, keepLast: 4 } },
  category: { bits: 10 },
  country: { bits: 8 },
  date: { bits: 16, characters: 8, instead: '{ generalise: { date: year } }' },
  device: { bits: 36 },
  email: { bits: 48, instead: 'keepDomain' },
  'health-plan': { bits: 30 },
  iban: { bits: 33, characters: 22, partial: { keepLast: 4 } },
  id: { bits: 30 },
  ip: { bits: 32, instead: 'truncateIp' },
  licence: { bits: 27 },
  'medical-record': { bits: 27 },
  name: { bits: 25, instead: '{ pseudonym: { of: name } }' },
  'national-id': { bits: 30 },
  organisation: { bits: 22 },
  passport: { bits: 30 },
  period: { bits: 8 },
  phone: { bits: 33, characters: 10, partial: { keepLast: 4 } },
  photo: { bits: 64 },
  place: { bits: 22, instead: '{ pseudonym: { of: city } }' },
  random: { bits: 128 },
  'security-code': { bits: 10 },
  ssn: { bits: 30, characters: 9, partial: { hideLast: 4 } },
  state: { bits: 6 },
  text: { bits: 64, instead: 'scrub' },
  url: { bits: 30 },
  uuid: { bits: 122, characters: 32 },
  vehicle: { bits: 30 },
  zip: { bits: 17, characters: 5, instead: '{ generalise: { zip: 3 } }' },
} as const satisfies Record<string, ValueClass>;

export type ClassName = keyof typeof VALUE_CLASSES;
export const CLASS_NAMES = Object.keys(VALUE_CLASSES) as ClassName[];

/** Below this many values, everything can be tried: the oracle of docs/policy.md. */
export const ENUMERABLE_BITS = 40;

const CARD_NAMES = new Set([
  'card',
  'cardnumber',
  'cardno',
  'creditcard',
  'creditcardnumber',
  'pan',
]);

/** Whether a name says card number. Only used to be stricter, never to allow something. */
export function soundsLikeCard(name: string): boolean {
  return CARD_NAMES.has(name.toLowerCase().replaceAll(/[^a-z]/g, ''));
}
