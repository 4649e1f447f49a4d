import { expect, test } from 'vitest';
import { checkPlan, csvToJson, type Dataset } from '../src/index.ts';
import { datasetWith, people, PEOPLE_CSV } from './people.ts';

function convert(dataset: Dataset, file: string | Buffer) {
  const conversion = csvToJson(dataset);
  const outputs = [conversion.write(Buffer.from(file as string)), conversion.end()];
  return {
    rows: outputs.flatMap(({ rows }) => rows.map(({ line, value }) => [line, value.toString()])),
    findings: outputs.flatMap(({ findings }) => findings),
  };
}

test('each row of the example becomes one JSON object that ingest accepts', () => {
  const { rows, findings } = convert(people(), PEOPLE_CSV);
  expect(findings).toEqual([]);
  expect(rows).toHaveLength(5);
  expect(rows[0]).toEqual([
    2,
    '{"first_name":"Alice","last_name":"Smith","ssn":"123-45-6789","email":"alice.smith@email.com"}',
  ]);
  for (const [, value] of rows)
    expect(checkPlan(people()).check(Buffer.from(String(value))).ok).toBe(true);
});

test('declared numbers and booleans keep their digits, all else is a string or null', () => {
  const dataset = datasetWith(
    `/s: { type: string }
     /r: { type: string }
     /n: { type: number }
     /b: { type: boolean }
     /x: { type: [number, boolean] }
     /y: { type: [number, string] }`,
    '    required: [/r]\n',
  );
  const file = '\ufeffs,r,n,b,x,y,u"\n'.replace('u"', '"u"""');
  expect(convert(dataset, `${file}"a\n""b""",,12.30,true,1e400,1,z\n\n,"",,,false,,\n`)).toEqual({
    rows: [
      [2, '{"s":"a\\n\\"b\\"","r":"","n":12.30,"b":true,"x":1e400,"y":"1","u\\"":"z"}'],
      [5, '{"s":null,"r":"","n":null,"b":null,"x":false,"y":null,"u\\"":""}'],
    ],
    findings: [],
  });
});

test('a row that cannot be converted gives a finding and no record', () => {
  const dataset = datasetWith('/a: { type: string }\n/n: { type: number }', '    required: [/n]\n');
  expect(convert(dataset, 'a,n\nx,007\nx\n"x"y,1\nx,\nx,1\n')).toEqual({
    rows: [[6, '{"a":"x","n":1}']],
    findings: [
      { line: 2, code: 'RECORD_WRONG_TYPE', byte: 2, path: '/n' },
      { line: 3, code: 'RECORD_INVALID_CSV', byte: 1 },
      { line: 4, code: 'RECORD_INVALID_CSV', byte: 3 },
      { line: 5, code: 'RECORD_MISSING_FIELD', byte: 2, path: '/n' },
    ],
  });
  expect(convert(dataset, 'a\nx\n').findings).toMatchObject([
    { line: 1, code: 'RECORD_MISSING_FIELD', path: '/n' },
  ]);
});
