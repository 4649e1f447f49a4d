import {
  FIRST_NAMES,
  LAST_NAMES,
  MAIL_DOMAINS,
  NOTES,
  STREET_KINDS,
  STREETS,
  WORK_DOMAINS,
} from './people-words.ts';
import { Random, spread } from './random.ts';

/** A record to publish, and what is in it. */
export interface DemoRecord {
  readonly key: Buffer | null;
  readonly value: Buffer;
  /** Each value of a field: path pattern of the policy ('' where it names none) and text. */
  readonly fields: readonly (readonly [path: string, text: string])[];
}

/** An invented person, every field of examples/people/sealstream.yaml. */
export interface Person {
  readonly firstName: string;
  readonly lastName: string;
  readonly ssn: string;
  readonly email: string;
  readonly phone: string | null;
  readonly card: string;
  readonly dob: string;
  readonly zip: string;
  /** The number as its producer wrote it: 1250.50 is not 1250.5. */
  readonly amount: string;
  readonly note: string | null;
  readonly street: string;
  readonly contacts: readonly string[];
}

const digits = (value: number, length: number) => String(value).padStart(length, '0');

/** From area 568 on, which keeps clear of the five people of the example; 666 is never given. */
function ssnAt(seed: string, index: number): string {
  const number = spread(seed, 'ssn', index, 331 * 99 * 9999);
  const area = 568 + (number % 331);
  const group = 1 + (Math.floor(number / 331) % 99);
  const serial = 1 + Math.floor(number / (331 * 99));
  return `${digits(area >= 666 ? area + 1 : area, 3)}-${digits(group, 2)}-${digits(serial, 4)}`;
}

function phoneAt(seed: string, index: number): string {
  const number = spread(seed, 'phone', index, 700 * 799 * 10_000);
  const area = 201 + (number % 700);
  const exchange = 200 + (Math.floor(number / 700) % 799);
  return `+1 (${area}) ${exchange}-${digits(Math.floor(number / (700 * 799)), 4)}`;
}

/** The last digit of a card number (ISO/IEC 7812-1, annex B). */
export function luhnDigit(leading: string): number {
  let sum = 0;
  for (const [n, digit] of leading.split('').toReversed().entries()) {
    const doubled = n % 2 === 0 ? Number(digit) * 2 : Number(digit);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10;
}

/** Visa, Mastercard (both series) and American Express, as issued: 16, 16 and 15 digits. */
function cardAt(seed: string, index: number, random: Random): string {
  const issuer = random.pick(['4', '4', '4', '51', '53', '55', '2221', '2720', '34', '37']);
  const amex = issuer.startsWith('3');
  const account = digits(spread(seed, 'card', index, 1_000_000_000), amex ? 12 : 11);
  const middle = (amex ? 14 : 15) - issuer.length;
  const leading = `${issuer}${account.slice(-middle).padStart(middle, '7')}`;
  return `${leading}${luhnDigit(leading)}`;
}

const LETTERS: Readonly<Record<string, string>> = { ø: 'o', Ø: 'O', ß: 'ss' };

/** A name as it stands in an address: ASCII, lower case. */
function addressWord(name: string): string {
  return name
    .replace(/[øØß]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}

function dateOfBirth(random: Random): string {
  const day = random.below(366 * 67);
  return new Date(Date.UTC(1940, 0, 1) + day * 86_400_000).toISOString().slice(0, 10);
}

function amount(random: Random): string {
  if (random.chance(0.02)) return `${random.between(1, 9)}.${random.between(1, 9)}e3`;
  return `${random.below(20_000)}.${digits(random.below(100), 2)}`;
}

/** The person of that number; every ssn, e-mail, phone, card, street and note is its own. */
export function personAt(seed: string, index: number): Person {
  const random = new Random(seed, index);
  const firstName = random.pick(FIRST_NAMES);
  const lastName = random.pick(LAST_NAMES);
  const name = `${addressWord(firstName)}.${addressWord(lastName)}`;
  const house = spread(seed, 'house', index, 9000 * 900);
  const reference = spread(seed, 'note', index, 36 ** 6)
    .toString(36)
    .padStart(6, '0');
  // No contact's number is that of an own address, so that no address holds another one.
  const contacts = Array.from({ length: random.below(3) }, (_, n) => {
    return `${name}${index * 3 + n + 1}@${random.pick(WORK_DOMAINS)}`;
  });
  return {
    firstName,
    lastName,
    ssn: ssnAt(seed, index),
    email: `${name}${index * 3}@${random.pick(MAIL_DOMAINS)}`,
    phone: random.chance(0.05) ? null : phoneAt(seed, index),
    card: cardAt(seed, index, random),
    dob: dateOfBirth(random),
    zip: digits(random.between(501, 99_950), 5),
    amount: amount(random),
    note: random.chance(0.05) ? null : `${random.pick(NOTES)} (ref ${reference.toUpperCase()})`,
    street:
      `${1000 + (house % 9000)} ${random.pick(STREETS)} ${random.pick(STREET_KINDS)}, ` +
      `Apt ${1 + Math.floor(house / 9000)}`,
    contacts,
  };
}

/** The fields of a person as name and JSON text. */
export function membersOf(person: Person): [name: string, json: string][] {
  const contacts = person.contacts.map((email) => `{"email":${JSON.stringify(email)}}`);
  return [
    ['first_name', JSON.stringify(person.firstName)],
    ['last_name', JSON.stringify(person.lastName)],
    ['ssn', JSON.stringify(person.ssn)],
    ['email', JSON.stringify(person.email)],
    ['phone', JSON.stringify(person.phone)],
    ['card', JSON.stringify(person.card)],
    ['dob', JSON.stringify(person.dob)],
    ['zip', JSON.stringify(person.zip)],
    ['amount', person.amount],
    ['note', JSON.stringify(person.note)],
    ['address', `{"street":${JSON.stringify(person.street)}}`],
    ['contacts', `[${contacts.join(',')}]`],
  ];
}

export function fieldsOf(person: Person): (readonly [path: string, text: string])[] {
  return [
    ['/first_name', person.firstName],
    ['/last_name', person.lastName],
    ['/ssn', person.ssn],
    ['/email', person.email],
    ...(person.phone === null ? [] : [['/phone', person.phone] as const]),
    ['/card', person.card],
    ['/dob', person.dob],
    ['/zip', person.zip],
    ['/amount', person.amount],
    ...(person.note === null ? [] : [['/note', person.note] as const]),
    ['/address/street', person.street],
    ...person.contacts.map((email) => ['/contacts/*/email', email] as const),
  ];
}

/**
 * One JSON object, written as different producers write: order of the names, spaces, escapes. What
 * is opened again has to be this byte for byte.
 */
export function jsonOf(members: readonly (readonly [string, string])[], random: Random): Buffer {
  const style = random.below(4);
  const turned = style === 1 ? [...members.slice(5), ...members.slice(0, 5)] : members;
  const colon = style === 2 ? ' : ' : ':';
  const comma = style === 2 ? ' ,\n  ' : style === 1 ? ', ' : ',';
  const escaped = (json: string) =>
    style === 3
      ? json.replace(/[\u0080-\uffff]/g, (unit) => {
          return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
        })
      : json;
  const text = turned.map(([name, json]) => `"${name}"${colon}${escaped(json)}`).join(comma);
  return Buffer.from(`{${text}}`);
}

/** The generated record of that number; its key is whom it is about. */
export function personRecord(seed: string, index: number): DemoRecord {
  const person = personAt(seed, index);
  return {
    key: Buffer.from(person.ssn),
    value: jsonOf(membersOf(person), new Random(seed, `style ${index}`)),
    fields: fieldsOf(person),
  };
}
