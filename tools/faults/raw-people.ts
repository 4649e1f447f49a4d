import type { OutRecord } from '@sealstream/bus';
import { type DemoRecord, personRecord } from '../demo/people.ts';
import { digestOf } from '../demo/raw-ledger.ts';

/** The header by which a raw record says its number; it stays behind at ingest. */
export const NUMBER_HEADER = 'n';

/** Fields of which every value is searched for: all that neither branch may show. */
const SEARCHED = new Set(['/ssn', '/card', '/note', '/phone', '/address/street']);

export interface PeopleOptions {
  readonly seed: string;
  /** Each of so many records is cut short, so that ingest rejects it; 0: none is. */
  readonly badEvery: number;
}

/** The numbered record as it is written to raw; about an invented person. */
export function rawPerson({ seed, badEvery }: PeopleOptions, number: number): DemoRecord {
  const { key, value, fields } = personRecord(seed, number);
  const isBad = badEvery > 0 && number % badEvery === badEvery - 1;
  return {
    key,
    value: isBad ? value.subarray(0, -1) : value,
    fields: fields.filter(([path]) => SEARCHED.has(path)),
  };
}

export function outRecord(options: PeopleOptions, number: number): OutRecord {
  const { key, value } = rawPerson(options, number);
  return { key, value, headers: [[NUMBER_HEADER, Buffer.from(String(number))]] };
}

/** Whether these bytes are the record of that number. */
export function isPerson(options: PeopleOptions, number: number, value: Buffer): boolean {
  return digestOf(rawPerson(options, number).value) === digestOf(value);
}
