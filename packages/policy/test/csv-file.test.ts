import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvFile, type Dataset, type Finding, type Stage, Tally } from '../src/index.ts';
import { datasetWith, people, PEOPLE_CSV } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const PEOPLE = people();

interface Applied {
  text: string;
  findings: Finding[];
  records: number;
}

function apply(dataset: Dataset, stage: Stage, file: string | Buffer, size = 1 << 16): Applied {
  const bytes = Buffer.from(file as string);
  const application = csvFile(dataset, stage, keys, new Tally());
  const parts: Buffer[] = [];
  const findings: Finding[] = [];
  let records = 0;
  const take = (output: ReturnType<typeof application.end>) => {
    parts.push(output.bytes);
    findings.push(...output.findings);
    records += output.records;
  };
  for (let at = 0; at < bytes.length; at += size)
    take(application.write(bytes.subarray(at, at + size)));
  take(application.end());
  return { text: Buffer.concat(parts).toString(), findings, records };
}

function clean(applied: Applied): string {
  expect(applied.findings).toEqual([]);
  return applied.text;
}

const HEAD = 'first_name,last_name,ssn,email';

describe('the example file', () => {
  test('mask replaces the last four of each ssn by XXXX and changes no other byte', () => {
    const expected = PEOPLE_CSV.toString().replaceAll(/(\d{3}-\d{2}-)\d{4}/g, '$1XXXX');
    for (const size of [1, 10, 1 << 16]) {
      const masked = apply(PEOPLE, 'mask', PEOPLE_CSV, size);
      expect(clean(masked)).toBe(expected);
      expect(masked.records).toBe(5);
    }
  });

  test('encrypt and open give it back byte for byte', () => {
    const sealed = clean(apply(PEOPLE, 'encrypt', PEOPLE_CSV));
    expect(sealed).not.toMatch(/Alice|45-6789|@/);
    expect(sealed.split('\n')[0]).toBe(HEAD);
    expect(clean(apply(PEOPLE, 'open', sealed))).toBe(PEOPLE_CSV.toString());
  });
});

describe('a file without a header row', () => {
  const rows = PEOPLE_CSV.toString().split('\n').slice(1).join('\n');
  const treated = (stage: Stage, file: string, columns = HEAD) => {
    const application = csvFile(PEOPLE, stage, keys, new Tally(), columns);
    return Buffer.concat([application.write(Buffer.from(file)).bytes, application.end().bytes]);
  };

  test('is treated by the names that are given, and no name is written', () => {
    const expected = rows.replaceAll(/(\d{3}-\d{2}-)\d{4}/g, '$1XXXX');
    expect(treated('mask', rows).toString()).toBe(expected);
    expect(treated('mask', `\ufeff${rows}`).toString()).toBe(`\ufeff${expected}`);
    const sealed = treated('encrypt', rows).toString();
    expect(sealed).not.toMatch(/Alice|45-6789/);
    expect(treated('open', sealed).toString()).toBe(rows);
  });

  test('may have any names that CSV can write', () => {
    const other = treated('mask', 'x,123-45-6789,y,z', '"last_name",ssn,first_name,email');
    expect(other.toString()).toBe('x,123-45-XXXX,y,z');
  });

  test.each([`${HEAD},extra`, 'ssn,email', '', 'a\nb', '"open'])(
    'is refused before anything is read when the names do not fit (%j)',
    (columns) => {
      expect(() => csvFile(PEOPLE, 'mask', keys, new Tally(), columns)).toThrow('USAGE');
    },
  );
});

describe('bytes that are not treated', () => {
  test('byte order mark, CRLF, quotes, blank lines and a missing last line end stay', () => {
    const file = `\ufeff"first_name",last_name,ssn,"email"\r\n"A ""x"", b",,"1-2345"," a"\r\n\r\nB,"",123456,c`;
    expect(clean(apply(PEOPLE, 'mask', file))).toBe(
      `\ufeff"first_name",last_name,ssn,"email"\r\n"A ""x"", b",,"1-XXXX"," a"\r\n\r\nB,"",12XXXX,c`,
    );
    const sealed = clean(apply(PEOPLE, 'encrypt', file));
    expect(sealed).toMatch(/\r\n"ss1:A{12}:[\w-]+",ss1:A{12}:[\w-]+,"ss1/);
    expect(clean(apply(PEOPLE, 'open', sealed))).toBe(file);
  });

  test('any file comes back from encrypt and open, in chunks of any size', () => {
    const inside = fc.string({
      unit: fc.constantFrom('a', ',', '""', '\n', '\r\n', 'é', ' ', '1'),
    });
    const plain = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '1', '-', "'") });
    const cell = fc.oneof(
      plain,
      inside.map((text) => `"${text}"`),
    );
    const end = fc.constantFrom('\n', '\r\n');
    const row = fc
      .tuple(cell, cell, cell, cell, end)
      .map(([a, b, c, d, lf]) => `${a},${b},${c},${d}${lf}`);
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 1, max: 50 }), (rows, size) => {
        const file = `${HEAD}\n${rows.join('')}`;
        const sealed = clean(apply(PEOPLE, 'encrypt', file, size));
        expect(clean(apply(PEOPLE, 'open', sealed, size))).toBe(file);
        const masked = apply(PEOPLE, 'mask', file);
        expect(masked.findings).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('columns', () => {
  const dataset = datasetWith(
    `/a: { type: string, mask: drop, encrypt: drop }
     /b: { type: string, mask: { constant: 'x,"y"' }, encrypt: null }
     /n: { type: number, mask: { generalise: { bucket: 10 } } }
     /d: { type: string, mask: { generalise: { date: year } }, encrypt: keep }
     /f: { type: boolean, mask: null }`,
    '    required: [/b]\n',
  );

  test('a dropped column goes with its header, and what needs quotes gets them', () => {
    expect(clean(apply(dataset, 'mask', 'a,b,n,d,f\n1,2,-3,2024-01-01,true\n'))).toBe(
      'b,n,d,f\n"x,""y""",-10,2024,\n',
    );
    expect(clean(apply(dataset, 'encrypt', 'b,d\n2,2024-01-01\n'))).toBe('b,d\n,2024-01-01\n');
    expect(clean(apply(dataset, 'open', 'b,d\n,2024-01-01\n'))).toBe('b,d\n,2024-01-01\n');
  });

  test('an empty cell of a field that may be absent is null and stays empty', () => {
    expect(clean(apply(dataset, 'mask', 'b,n,d\n,,\n'))).toBe('b,n,d\n"x,""y""",,\n');
  });

  test('declared numbers and booleans are checked, and their text is kept', () => {
    for (const [row, path] of [
      ['x,007,,', '/n'],
      ['x, 1,,', '/n'],
      ['x,abc,,', '/n'],
      ['x,,,TRUE', '/f'],
      ['x,,,1', '/f'],
    ])
      expect(apply(dataset, 'encrypt', `b,n,d,f\n${row}\n`).findings).toMatchObject([
        { line: 2, code: 'RECORD_WRONG_TYPE', path },
      ]);
    const file = 'b,n,f\nx,12.30,true\nx,"1e4",\n';
    const kept = datasetWith('/b: { type: string }\n/n: { type: number }\n/f: { type: boolean }');
    expect(clean(apply(kept, 'open', clean(apply(kept, 'encrypt', file))))).toBe(file);
  });

  test('an unknown column closes the file, is dropped or is sealed, as the policy says', () => {
    const file = `${HEAD},nick\nA,B,1,C,secret\n`;
    expect(apply(PEOPLE, 'mask', file)).toEqual({
      text: '',
      findings: [{ line: 1, code: 'RECORD_UNKNOWN_FIELD', byte: 31, path: '/*' }],
      records: 0,
    });
    const drop = people(['unknownFields: reject', 'unknownFields: drop']);
    expect(clean(apply(drop, 'mask', file))).toBe(`${HEAD}\nA,B,X,C\n`);
    const seal = people(['unknownFields: reject', 'unknownFields: encrypt']);
    expect(clean(apply(seal, 'mask', file))).toBe(`${HEAD}\nA,B,X,C\n`);
    const sealed = clean(apply(seal, 'encrypt', file));
    expect(sealed).not.toContain('secret');
    expect(clean(apply(seal, 'open', sealed))).toBe(file);
  });

  test('a missing required column closes the file', () => {
    expect(apply(PEOPLE, 'mask', 'first_name\nA\n')).toEqual({
      text: '',
      findings: [{ line: 1, code: 'RECORD_MISSING_FIELD', byte: 0, path: '/last_name' }],
      records: 0,
    });
  });

  test('a file of one column round-trips its empty lines', () => {
    const one = datasetWith('/a: { type: string }');
    const file = 'a\n\nx\n\n';
    expect(clean(apply(one, 'open', clean(apply(one, 'encrypt', file))))).toBe(file);
  });
});

describe('bad rows', () => {
  test('each gives a finding with its line and nothing else, and the rest goes on', () => {
    const file = [
      HEAD,
      'A,"b\nc",1234,d',
      'A,B',
      'A,b"c,1234,d',
      'A,B,ss1:AAAAAAAAAAAA:x,D',
      'A,B,"ss1:AAAAAAAAAAAA:""x",D',
      'E,F,9999,G',
      'Z,"open',
    ].join('\n');
    const { text, findings } = apply(PEOPLE, 'mask', file);
    expect(text).toBe(`${HEAD}\nA,"b\nc",XXXX,d\nE,F,XXXX,G\n`);
    expect(findings.map(({ line, code }) => [line, code])).toEqual([
      [4, 'RECORD_INVALID_CSV'],
      [5, 'RECORD_INVALID_CSV'],
      [6, 'RECORD_LOOKS_SEALED'],
      [7, 'RECORD_LOOKS_SEALED'],
      [9, 'RECORD_INVALID_CSV'],
    ]);
  });

  test('invalid UTF-8 and too long a row are refused', () => {
    const bad = Buffer.concat([
      Buffer.from(`${HEAD}\nA,B,1,`),
      Buffer.from([0xff]),
      Buffer.from('\n'),
    ]);
    expect(apply(PEOPLE, 'mask', bad).findings).toEqual([
      { line: 2, code: 'RECORD_INVALID_UTF8', byte: 6 },
    ]);
    const small = people(['format: json', 'maxRecordBytes: 100']);
    const long = `${HEAD}\nA,B,1,${'x'.repeat(200)}\nA,B,1234,C\n`;
    const { text, findings } = apply(small, 'mask', long, 16);
    expect(findings).toMatchObject([{ line: 2, code: 'RECORD_TOO_LARGE' }]);
    expect(text).toBe(`${HEAD}\nA,B,XXXX,C\n`);
  });

  test('a broken file never throws, and nothing of a redacted column comes out', () => {
    const dataset = datasetWith('/a: { type: string }\n/b: { type: string }');
    const base = 'a,b\nCanary4711,"x ""Canary4711"""\n"Canary\n4711",Canary4711\n';
    const piece = fc.string({ unit: fc.constantFrom(',', '"', '\n', '\r', 'a'), maxLength: 3 });
    fc.assert(
      fc.property(fc.nat(base.length), fc.nat(3), piece, fc.nat(), (at, less, more, pick) => {
        const broken = base.slice(0, at) + more + base.slice(at + less);
        for (const stage of ['mask', 'encrypt'] as const)
          expect(apply(dataset, stage, broken, 1 + (pick % 20)).text).not.toMatch(/Canary/);
      }),
      { numRuns: 500 },
    );
  });

  test('open refuses a plain cell where a sealed one belongs, and a moved token', () => {
    const sealed = clean(apply(PEOPLE, 'encrypt', PEOPLE_CSV));
    const [head, row = ''] = sealed.split('\n');
    const cells = row.split(',');
    const swapped = [cells[1], cells[0], cells[2], cells[3]].join();
    expect(apply(PEOPLE, 'open', `${head}\nA,B,C,D\n${swapped}\n${row}\n`)).toEqual({
      text: `${HEAD}\nAlice,Smith,123-45-6789,alice.smith@email.com\n`,
      findings: [
        { line: 2, code: 'RECORD_NOT_AUTHENTIC', byte: 0, path: '/first_name' },
        { line: 3, code: 'RECORD_NOT_AUTHENTIC', byte: 0, path: '/first_name' },
      ],
      records: 1,
    });
  });
});
