import type { KeySource, TokenVault } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import {
  avroPlan,
  csvFile,
  type Dataset,
  maskPlan,
  type Plan,
  PolicyError,
  protobufPlan,
  Tally,
} from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const FIELDS = `/id: { type: string, mask: redact }
      /born: { type: string, mask: { dateShift: { days: 1000 } } }
      /seen: { type: string, mask: { dateShift: { days: 1000 } } }
      /score: { type: number, mask: { noise: { within: 500000, per: subject } } }`;
const RULES = '    subject: /id\n    required: [/id]\n';
const dataset = datasetWith(FIELDS, RULES);

interface Masked {
  readonly born: string;
  readonly seen: string;
  readonly score: number;
}

function fromJson(one: Dataset, id: string): Masked {
  const text = JSON.stringify({ born: '2000-01-01', seen: '2000-02-01', score: 7, id });
  const verdict = maskPlan(one).apply(Buffer.from(text), keys, new Tally());
  if (!verdict.ok) throw new Error(verdict.code);
  return JSON.parse(verdict.value.toString()) as Masked;
}

function fromCsv(rows: string): { text: string; codes: string[] } {
  const file = csvFile(dataset, 'mask', keys, new Tally());
  const outputs = [file.write(Buffer.from(rows)), file.end()];
  return {
    text: Buffer.concat(outputs.map(({ bytes }) => bytes)).toString(),
    codes: outputs.flatMap(({ findings }) => findings.map(({ code }) => code)),
  };
}

describe('masks that treat a subject alike', () => {
  test('go by the subject of the record, wherever in it the subject stands', () => {
    const [ann, again, bob] = ['ann', 'ann', 'bob'].map((id) => fromJson(dataset, id));
    expect(ann).toEqual(again);
    expect(ann?.born).not.toBe(bob?.born);
    expect(ann?.score).not.toBe(bob?.score);
    const apart = Date.parse(ann?.seen ?? '') - Date.parse(ann?.born ?? '');
    expect(apart).toBe(31 * 86_400_000);
  });

  test('give the same for a row of CSV as for the record that it becomes', () => {
    const { born, score, seen } = fromJson(dataset, 'ann "a"');
    const { codes, text } = fromCsv('born,seen,score,id\n2000-01-01,2000-02-01,7,"ann ""a"""\n');
    expect(codes).toEqual([]);
    expect(text.split('\n')[1]).toBe(`${born},${seen},${score},"[redacted]"`);
  });

  test('refuse a file of which nobody knows whom its rows are about', () => {
    const { codes, text } = fromCsv('born,id,id\n2000-01-01,ann,bob\n');
    expect({ codes, text }).toEqual({ codes: ['RECORD_DUPLICATE_FIELD'], text: '' });
  });

  test('need a dataset that names its subject', () => {
    expect(() => datasetWith(FIELDS)).toThrow(PolicyError);
    expect(() => datasetWith(FIELDS)).toThrow(/say who is the subject of the dataset/);
    const perRecord = '/score: { type: number, mask: { noise: { within: 5 } } }';
    expect(datasetWith(perRecord).fields).toHaveLength(1);
  });
});

describe('a token in the place of a value', () => {
  const lines = `/id: { type: string }
      /mail: { type: string, mask: tokenise, equalityOracle: { accepted: tests } }`;
  const one = datasetWith(lines, RULES);

  /** Whom the vault was told that the value goes with. */
  function toldSubjects(plan: Plan, record: Buffer): (Buffer | undefined)[] {
    const told: (Buffer | undefined)[] = [];
    const vault: TokenVault = {
      wants: false,
      bring: () => Promise.resolve(),
      token: (_field, _digest, subject) => {
        told.push(subject?.bytes.subarray(subject.from, subject.to));
        return 'tok_AAAAAAAAAAAAAAAAAAAAAA';
      },
    };
    const { record: about, subjects } = keys;
    const source: KeySource = {
      active: (use) => keys.active(use),
      byId: (use, id) => keys.byId(use, id),
      publicKey: () => keys.publicKey(),
      privateKey: () => keys.privateKey(),
      record: about,
      subjects,
      vault,
    };
    expect(plan.apply(record, source, new Tally())).toMatchObject({ ok: true });
    return told;
  }

  /** The plan for records of one schema. */
  function planOf(made: ReturnType<typeof avroPlan>): Plan {
    if ('problems' in made) throw new Error(JSON.stringify(made.problems));
    return made.plan;
  }
  const proto = 'syntax = "proto3"; message R { string id = 1; string mail = 2; }';
  const avro = JSON.stringify({
    type: 'record',
    name: 'R',
    fields: ['id', 'mail'].map((name) => ({ name, type: 'string' })),
  });

  test.each([
    ['JSON', () => maskPlan(one), '{"id":"a","mail":"b"}'],
    ['Avro', () => planOf(avroPlan(one, 'mask', avro)), '\u0002a\u0002b'],
    ['Protobuf', () => planOf(protobufPlan(one, 'mask', proto)), '\n\u0001a\u0012\u0001b'],
  ])('of %s goes with its subject, so that a shred takes it away', (_, plan, record) => {
    const { bytes, from, to } = keys.record.subject;
    expect(toldSubjects(plan(), Buffer.from(record))).toEqual([bytes.subarray(from, to)]);
  });
});
