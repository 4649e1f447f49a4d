/** What is known of a class of personal data, and how sure a finding of it is. */
export interface PiiClassRow {
  /** What a value of it is. */
  readonly what: string;
  /** How a value is told from other text. */
  readonly check: string;
  /** Score of 0 to 100 of a good form with no word beside it that speaks for it; 0: not found then. */
  readonly alone: number;
  /** Score where a word beside it speaks for it, too. */
  readonly backed: number;
}

/**
 * Every class that the scanner knows. Scores, documents and the choice of classes come from here.
 * Where the policy has a class for the same thing, it has the same name.
 */
export const PII_CLASSES = {
  account: {
    what: 'number of a bank account, or of the bank',
    check: '6 to 17 digits behind a word such as account, acct, routing, Konto',
    alone: 0,
    backed: 55,
  },
  address: {
    what: 'street with house number, post office box',
    check: 'a number and capitalised words with a word for street, in several languages',
    alone: 60,
    backed: 70,
  },
  age: {
    what: 'age of a person in years',
    check: 'up to 120, beside years old, age, turned',
    alone: 0,
    backed: 65,
  },
  card: {
    what: 'number of a payment card',
    check: 'Luhn, and a range of a known issuer with a length of that issuer',
    alone: 93,
    backed: 97,
  },
  date: {
    what: 'day or month of a year, with or without a time',
    check: 'a day that the calendar has; names of months in 20 languages',
    alone: 88,
    backed: 90,
  },
  email: {
    what: 'e-mail address',
    check: 'local part and domain by RFC 5321, with a top-level domain of letters',
    alone: 98,
    backed: 98,
  },
  iban: {
    what: 'international bank account number',
    check: 'ISO 13616: length of its country and remainder 1 modulo 97',
    alone: 96,
    backed: 98,
  },
  ip: {
    what: 'IPv4 or IPv6 address',
    check: 'RFC 4291 and four octets of 0 to 255; no number of a version',
    alone: 88,
    backed: 92,
  },
  licence: {
    what: "number of a driver's licence",
    check: '5 to 17 letters and digits behind a word for it',
    alone: 0,
    backed: 70,
  },
  name: {
    what: 'name of a person',
    check: 'words of a public list of names, titles, words before it, capitals',
    alone: 60,
    backed: 80,
  },
  'national-id': {
    what: 'number that a state gives to a person, other than the SSN',
    check: 'the check digits and dates of the state; see below which',
    alone: 80,
    backed: 90,
  },
  organisation: {
    what: 'company or institution',
    check: 'capitalised words with a legal form or a word such as Bank or Group',
    alone: 60,
    backed: 60,
  },
  passport: {
    what: 'number of a passport',
    check: '6 to 9 letters and digits behind the word',
    alone: 0,
    backed: 70,
  },
  period: {
    what: 'year or day of the week that stands alone',
    check: 'a year of 1800 to 2099 behind a word such as in or since; names of the days',
    alone: 55,
    backed: 55,
  },
  phone: {
    what: 'telephone number',
    check: 'E.164 country code and length, or a national form with its groups',
    alone: 75,
    backed: 86,
  },
  place: {
    what: 'country, or town behind a word such as in or from',
    check: 'names of countries of Unicode CLDR; capitals behind such a word',
    alone: 60,
    backed: 52,
  },
  ssn: {
    what: 'US social security number',
    check: 'no area 000, 666 or 900 to 999, no group 00, no serial 0000',
    alone: 88,
    backed: 94,
  },
  url: {
    what: 'web address',
    check: 'a scheme, www, or a domain of a usual top-level domain',
    alone: 92,
    backed: 92,
  },
  zip: {
    what: 'post code',
    check: 'forms of the US, UK, Canada and Europe; bare digits behind a word or a state',
    alone: 62,
    backed: 72,
  },
} as const satisfies Record<string, PiiClassRow>;

export type PiiClass = keyof typeof PII_CLASSES;

export const PII_CLASS_NAMES = Object.keys(PII_CLASSES) as PiiClass[];

/** What only words and capitals decide: less sure, and it needs a look at every word. */
const WORDY: readonly PiiClass[] = ['address', 'name', 'organisation', 'place'];

/** The classes that form and check decide; what a scanner looks for when nothing is said. */
export const FORM_CLASSES: readonly PiiClass[] = PII_CLASS_NAMES.filter(
  (name) => !WORDY.includes(name),
);

/** The number that stands for a class in columns. */
export const CLASS_NUMBER = Object.fromEntries(
  PII_CLASS_NAMES.map((name, index) => [name, index]),
) as Record<PiiClass, number>;
