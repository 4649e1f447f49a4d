/** A smaller record has no room for its fields. */
export const LEAST_BYTES = 300;

const CITIES = ['Leeds', 'Lyon', 'Lagos', 'Lima', 'Lund', 'Luxor', 'Lahore', 'Lisbon'];
const KINDS = ['order', 'refund', 'visit', 'call'];
const WORDS = 'the parcel went out on time and was left with a neighbour who signed for it ';

const digits = (number: number, length: number) => String(number).padStart(length, '0');
const at = <T>(list: readonly T[], index: number): T => list[index % list.length];

/** Spreads indexes over [0, below), so that neighbours do not look alike. */
const spread = (index: number, below: number) => (index * 2_654_435_761 + 97) % below;

interface Happening {
  readonly kind: string;
  readonly at: string;
  readonly text: string;
}

function happening(index: number): Happening {
  return {
    kind: at(KINDS, index),
    at: new Date(1_700_000_000_000 + spread(index, 10_000_000) * 1000).toISOString(),
    text: WORDS.slice(index % 20, (index % 20) + 40),
  };
}

/** The key that the record of this number has on raw. */
export function keyOf(index: number): Buffer {
  return Buffer.from(`c-${digits(spread(index, 1_000_000), 7)}`);
}

/**
 * One invented customer as JSON of exactly so many bytes, all ASCII. Larger records have more
 * happenings, not one long text, so that a parser has work in each byte. The same number gives the
 * same record.
 */
export function personJson(index: number, bytes: number): Buffer {
  const person = {
    id: digits(index, 9),
    name: `Person ${digits(spread(index, 100_000), 5)}`,
    ssn: `${digits(spread(index, 899) + 1, 3)}-${digits((index % 99) + 1, 2)}-${digits(spread(index, 10_000), 4)}`,
    email: `person.${digits(spread(index, 10_000_000), 7)}@example.com`,
    card: `4${digits(spread(index, 1e15), 15)}`,
    amount: spread(index, 100_000) / 100,
    active: index % 3 === 0,
    city: at(CITIES, index),
    events: [] as Happening[],
    note: '',
  };
  let room = bytes - JSON.stringify(person).length;
  for (let n = 0; ; n += 1) {
    const next = happening(index + n);
    const size = JSON.stringify(next).length + (n === 0 ? 0 : 1);
    if (size > room) break;
    person.events.push(next);
    room -= size;
  }
  if (room < 0) throw new RangeError(`a record of ${bytes} bytes has no room for its fields`);
  person.note = WORDS.repeat(Math.ceil(room / WORDS.length)).slice(0, room);
  return Buffer.from(JSON.stringify(person));
}

/** Different records of a load; more would only take the processors' time, which others need. */
const DIFFERENT = 8192;

/** Records that are made once and written again and again, for loads that may take no time of their own. */
export class PeopleRing {
  readonly #people: readonly { readonly key: Buffer; readonly value: Buffer }[];

  constructor(bytes: number) {
    this.#people = Array.from({ length: DIFFERENT }, (_, n) => ({
      key: keyOf(n),
      value: personJson(n, bytes),
    }));
  }

  slice(first: number, count: number): { readonly key: Buffer; readonly value: Buffer }[] {
    return Array.from({ length: count }, (_, n) => this.#people[(first + n) % DIFFERENT]);
  }
}
