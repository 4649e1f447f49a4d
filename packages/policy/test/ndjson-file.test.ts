import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Dataset,
  fileFormat,
  type Finding,
  ndjsonFile,
  type Stage,
  Tally,
} from '../src/index.ts';
import { people } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const PEOPLE = people();
const record = (ssn: string) => `{"first_name":"A","last_name":"B","ssn":${ssn},"email":"c@d"}`;

function apply(dataset: Dataset, stage: Stage, file: string, size = 1 << 16) {
  const bytes = Buffer.from(file);
  const application = ndjsonFile(dataset, stage, keys, new Tally());
  const parts: Buffer[] = [];
  const findings: Finding[] = [];
  for (let at = 0; at <= bytes.length; at += size) {
    const last = at + size > bytes.length;
    const outputs = [application.write(bytes.subarray(at, at + size))];
    if (last) outputs.push(application.end());
    for (const output of outputs) {
      parts.push(output.bytes);
      findings.push(...output.findings);
    }
  }
  return { text: Buffer.concat(parts).toString(), findings };
}

describe('NDJSON files', () => {
  test('line ends, blank lines and a byte order mark stay; a bad line gives only a finding', () => {
    const file = `\ufeff${record('"123456"')}\r\n\n  \n{"x"\n${record('1')}\n${record('"1234"')}`;
    expect(apply(PEOPLE, 'mask', file)).toEqual({
      text: `\ufeff${record('"12XXXX"')}\r\n\n  \n${record('"XXXX"')}`,
      findings: [
        { line: 4, code: 'RECORD_INVALID_JSON', byte: 4 },
        { line: 5, code: 'RECORD_WRONG_TYPE', byte: 40, path: '/ssn' },
      ],
    });
  });

  test('any file comes back from encrypt and open, in chunks of any size', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }).map((ssn) => record(JSON.stringify(ssn))),
      fc.constantFrom('', ' ', record('"\\u0041\\ud800"')),
    );
    const end = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, end)),
        fc.integer({ min: 1, max: 300 }),
        (lines, size) => {
          const file = lines.flat().join('');
          const sealed = apply(PEOPLE, 'encrypt', file, size);
          expect(sealed.findings).toEqual([]);
          expect(apply(PEOPLE, 'open', sealed.text, size)).toEqual({ text: file, findings: [] });
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a line over the limit is refused without being held', () => {
    const small = people(['format: json', 'maxRecordBytes: 100']);
    const { text, findings } = apply(
      small,
      'mask',
      `${'x'.repeat(5000)}\n${record('"1234"')}\n`,
      64,
    );
    expect(findings).toEqual([{ line: 1, code: 'RECORD_TOO_LARGE' }]);
    expect(text).toBe(`${record('"XXXX"')}\n`);
  });
});

test('a first non-blank { means NDJSON, anything else CSV', () => {
  expect(fileFormat(Buffer.from(' \n{"a":1}'))).toBe('ndjson');
  expect(fileFormat(Buffer.from('\ufeff{'))).toBe('ndjson');
  expect(fileFormat(Buffer.from('a,b\n{'))).toBe('csv');
  expect(fileFormat(Buffer.alloc(0))).toBe('csv');
});
