import { describe, expect, test } from 'vitest';
import { csvFile, type Dataset, maskPlan, PolicyError, Tally } from '../src/index.ts';
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
