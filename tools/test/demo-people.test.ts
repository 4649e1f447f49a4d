import { describe, expect, test } from 'vitest';
import { BAD_COUNT, BAD_KINDS, badRecords } from '../demo/bad-records.ts';
import { luhnDigit, personAt, personRecord } from '../demo/people.ts';
import { spread } from '../demo/random.ts';

const people = Array.from({ length: 5000 }, (_, n) => personAt('seed', n));
const countOf = (values: readonly (string | null)[]) => new Set(values).size;

describe('generated people', () => {
  test('are the same for the same seed and others for another one', () => {
    expect(personRecord('seed', 17)).toEqual(personRecord('seed', 17));
    expect(personRecord('seed', 17).value).not.toEqual(personRecord('other', 17).value);
  });

  test('have each an ssn, an e-mail, a card, a street, a phone and a note of their own', () => {
    const own = [
      people.map(({ ssn }) => ssn),
      people.map(({ email }) => email),
      people.map(({ card }) => card),
      people.map(({ street }) => street),
      people.map(({ phone }) => phone).filter((phone) => phone !== null),
      people.map(({ note }) => note).filter((note) => note !== null),
    ];
    for (const values of own) expect(countOf(values)).toBe(values.length);
  });

  test('have social security numbers and cards that pass for valid ones', () => {
    for (const { ssn, card } of people) {
      expect(ssn).toMatch(/^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/);
      expect(card).toMatch(/^(4\d{15}|5[1-5]\d{14}|2(221|720)\d{12}|3[47]\d{13})$/);
      expect(luhnDigit(card.slice(0, -1))).toBe(Number(card.at(-1)));
    }
    expect(luhnDigit('7992739871')).toBe(3);
  });

  test('have no address that stands within another one', () => {
    const addresses = people.slice(0, 700).flatMap(({ email, contacts }) => [email, ...contacts]);
    const joined = addresses.join('\n');
    for (const address of addresses) expect(joined.split(address)).toHaveLength(2);
  });

  test('are JSON objects that say what the fields say, with numbers as they were written', () => {
    for (let n = 0; n < 2000; n++) {
      const { value, fields, key } = personRecord('seed', n);
      const person = personAt('seed', n);
      const parsed = JSON.parse(value.toString()) as Record<string, unknown>;
      expect(parsed).toMatchObject({ ssn: person.ssn, note: person.note, phone: person.phone });
      expect(parsed['amount']).toBe(Number(person.amount));
      expect(value.includes(person.amount)).toBe(true);
      expect(Object.keys(parsed)).toHaveLength(12);
      expect(key?.toString()).toBe(person.ssn);
      expect(fields.map(([path]) => path)).toContain('/address/street');
    }
  });
});

describe('bad records', () => {
  test('are as many of each kind as the table says', () => {
    const counts = new Map<string, number>();
    for (const { code } of badRecords('seed', 100)) counts.set(code, (counts.get(code) ?? 0) + 1);
    expect([...counts]).toEqual(BAD_KINDS.map(([code, , count]) => [code, count]));
    expect(badRecords('seed', 100)).toHaveLength(BAD_COUNT);
  });

  test('hold every value that is searched for', () => {
    for (const { value, fields } of badRecords('seed', 100)) {
      // As text: three of them are no JSON, and one producer escapes what is not ASCII.
      const text = value.toString();
      for (const [, each] of fields.filter(([, each]) => /^[\w .@,()+-]+$/.test(each)))
        expect(text).toContain(each);
    }
  });

  test('break no other rule than their own', () => {
    for (const { value, code } of badRecords('seed', 100)) {
      const parses = () => JSON.parse(value.toString()) as unknown;
      if (code === 'RECORD_INVALID_JSON') expect(parses).toThrow();
      else expect(parses).not.toThrow();
      if (code === 'RECORD_TOO_LARGE') expect(value.length).toBeGreaterThan(1024 * 1024);
      else expect(value.length).toBeLessThan(2000);
      expect(value.length).toBeLessThan(4 * 1024 * 1024);
    }
  });
});

test('spread gives each index of a space its own number', () => {
  const numbers = Array.from({ length: 9000 }, (_, n) => spread('seed', 'what', n, 9000));
  expect(new Set(numbers).size).toBe(9000);
  expect(Math.max(...numbers)).toBeLessThan(9000);
});
