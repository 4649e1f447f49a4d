import type { RejectCode } from '@sealstream/contracts';
import { type DemoRecord, fieldsOf, jsonOf, membersOf, type Person, personAt } from './people.ts';
import { Random } from './random.ts';

/** A record that ingest must reject, and why. */
export interface BadRecord extends DemoRecord {
  readonly code: RejectCode;
}

/** More than a policy's maxRecordBytes by default (1 MiB), less than what raw takes (4 MiB). */
const TOO_LARGE_BYTES = 1_200_000;

/** How each code is called in the table of the demo, in its order. */
export const BAD_KINDS: readonly (readonly [code: RejectCode, called: string, count: number])[] = [
  ['RECORD_INVALID_JSON', 'bad JSON', 3],
  ['RECORD_UNKNOWN_FIELD', 'unknown field', 3],
  ['RECORD_MISSING_FIELD', 'missing', 2],
  ['RECORD_WRONG_TYPE', 'type', 3],
  ['RECORD_TOO_LARGE', 'size', 1],
];
export const BAD_COUNT = BAD_KINDS.reduce((sum, [, , count]) => sum + count, 0);

type Members = [string, string][];
interface Change {
  readonly code: RejectCode;
  readonly members?: (members: Members, person: Person) => Members;
  readonly text?: (text: string) => string;
  readonly more?: (person: Person) => readonly (readonly [path: string, text: string])[];
}

const replaced = (name: string, json: (old: string) => string) => (members: Members) =>
  members.map(([each, old]): [string, string] => [each, each === name ? json(old) : old]);
const without = (name: string) => (members: Members) => members.filter(([each]) => each !== name);
const passport = (person: Person) => `passport ${person.ssn.replaceAll('-', 'C')}`;
const nickname = (person: Person) => `${person.firstName} the ${person.card.slice(-7)}th`;
const partner = (person: Person) => `partner.${person.email}`;

function added(name: string, value: (person: Person) => string) {
  return {
    members: (members: Members, person: Person): Members => {
      return [...members, [name, JSON.stringify(value(person))]];
    },
    more: (person: Person) => [['', value(person)] as const],
  };
}

const CHANGES: readonly Change[] = [
  { code: 'RECORD_INVALID_JSON', text: (text) => text.slice(0, -1) },
  { code: 'RECORD_INVALID_JSON', text: (text) => `${text.slice(0, -1)},}` },
  { code: 'RECORD_INVALID_JSON', text: (text) => text.replace('"amount"', "'amount'") },
  { code: 'RECORD_UNKNOWN_FIELD', ...added('passport', passport) },
  { code: 'RECORD_UNKNOWN_FIELD', ...added('nickname', nickname) },
  { code: 'RECORD_UNKNOWN_FIELD', ...added('partner_email', partner) },
  { code: 'RECORD_MISSING_FIELD', members: without('last_name') },
  { code: 'RECORD_MISSING_FIELD', members: without('email') },
  { code: 'RECORD_WRONG_TYPE', members: replaced('amount', (old) => `"${old}"`) },
  { code: 'RECORD_WRONG_TYPE', members: replaced('ssn', (old) => `[${old}]`) },
  {
    code: 'RECORD_WRONG_TYPE',
    members: replaced('zip', (old) => String(Number(old.slice(1, -1)))),
  },
  {
    code: 'RECORD_TOO_LARGE',
    members: replaced(
      'note',
      (old) => `${old.slice(0, -1)}${' again'.repeat(TOO_LARGE_BYTES / 6)}"`,
    ),
  },
];

/** The bad records, each about a person of its own behind the good ones. */
export function badRecords(seed: string, firstIndex: number): BadRecord[] {
  return CHANGES.map(({ code, members, text, more }, n) => {
    const person = withNote(personAt(seed, firstIndex + n));
    const changed = members?.(membersOf(person), person) ?? membersOf(person);
    const json = jsonOf(changed, new Random(seed, `bad ${n}`));
    const names = new Set(changed.map(([name]) => name));
    return {
      code,
      key: Buffer.from(person.ssn),
      value: text === undefined ? json : Buffer.from(text(json.toString())),
      fields: [
        ...fieldsOf(person).filter(([path]) => names.has(path.split('/')[1] ?? '')),
        ...(more?.(person) ?? []),
      ],
    };
  });
}

/** The one that is too large grows by its note. */
function withNote(person: Person): Person {
  return { ...person, note: person.note ?? `No note was left (ref ${person.card.slice(-8)})` };
}
