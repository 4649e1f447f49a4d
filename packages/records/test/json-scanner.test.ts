import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type FieldShape,
  formatPattern,
  jsonKind,
  JsonScanner,
  KIND,
  Shape,
  SPAN_STRIDE,
  type UnknownRule,
} from '../src/index.ts';

const field = (path: string, over: Partial<FieldShape> = {}): FieldShape => ({
  path,
  types: ['string'],
  required: false,
  cut: false,
  ...over,
});

function scan(fields: FieldShape[], text: string | Buffer, unknown: UnknownRule = 'fault') {
  const shape = new Shape(fields, unknown);
  const scanner = new JsonScanner(shape);
  const bytes = Buffer.from(text as string);
  const fault = scanner.scan(bytes);
  const spans: [string, number, string][] = [];
  for (let i = 0; i < scanner.count; i++) {
    const [slot, kind, start, end] = scanner.spans.subarray(i * SPAN_STRIDE);
    spans.push([shape.patterns[slot], kind, bytes.toString('utf8', start, end)]);
  }
  return { fault, spans };
}

/** What is left when the cut spans are left out. */
function cut(fields: FieldShape[], text: string, unknown: UnknownRule = 'fault'): string {
  const scanner = new JsonScanner(new Shape(fields, unknown));
  expect(scanner.scan(Buffer.from(text))).toBeUndefined();
  let out = '';
  let at = 0;
  for (let i = 0; i < scanner.count; i++) {
    const [, kind, start, end] = scanner.spans.subarray(i * SPAN_STRIDE);
    if (kind !== KIND.cut) continue;
    out += text.slice(at, start);
    at = end;
  }
  return out + text.slice(at);
}

describe('finding fields', () => {
  test('each field is found with its kind and exact span', () => {
    const { fault, spans } = scan(
      [field('/a'), field('/n', { types: ['number'] }), field('/b', { types: ['boolean'] })],
      '{ "a" : "x\\n" , "n":-1.50e+3,"b":true}',
    );
    expect(fault).toBeUndefined();
    expect(spans).toEqual([
      ['/a', KIND.escaped, '"x\\n"'],
      ['/n', KIND.number, '-1.50e+3'],
      ['/b', KIND.boolean, 'true'],
    ]);
  });

  test('names are compared after unescaping', () => {
    const { spans } = scan([field('/ssn'), field('/é"')], '{"\\u0073sn":"1","\\u00e9\\"":"2"}');
    expect(spans.map(([path, , text]) => [path, text])).toEqual([
      ['/ssn', '"1"'],
      ['/é"', '"2"'],
    ]);
  });

  test('any name is found, raw or escaped', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u007f', '\u0085', '\u2028', '\ud800', '"', '\\', '\n', 'n'.repeat(300)),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1 }), fc.nat(), (names, pick) => {
        const fields = names.map((one) => field(formatPattern([one])));
        const one = names[pick % names.length];
        const raw = JSON.stringify(one);
        const all = Array.from(
          { length: one.length },
          (_, i) => `\\u${one.charCodeAt(i).toString(16).padStart(4, '0')}`,
        );
        for (const text of [raw, `"${all.join('')}"`]) {
          const { fault, spans } = scan(fields, `{${text}:"x"}`);
          expect(fault).toBeUndefined();
          expect(spans).toEqual([[formatPattern([one]), KIND.string, '"x"']]);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('one scanner finds the fields of records in any order of members', () => {
    const paths = ['/a', '/ab', '/b"c', '/o/x', '/o/y', '/\\', '/ä'];
    const shape = new Shape(
      paths.map((path) => field(path)),
      'span',
    );
    const scanner = new JsonScanner(shape);
    const member = fc.constantFrom(
      ['"a":"1"', '/a'],
      ['"\\u0061":"1"', '/a'],
      ['"ab":"2"', '/ab'],
      ['"b\\"c":"3"', '/b"c'],
      ['"o":{"x":"4"}', '/o/x'],
      ['"o" : {"y":"5"}', '/o/y'],
      ['"\\\\":"6"', '/\\'],
      ['"ä":"7"', '/ä'],
      ['"u":"8"', '/*'],
      ['"aa":"9"', '/*'],
      ['"":"0"', '/*'],
    );
    fc.assert(
      fc.property(fc.array(fc.array(member, { maxLength: 8 }), { minLength: 2 }), (records) => {
        for (const members of records) {
          const bytes = Buffer.from(`{${members.map(([text]) => text).join(' , ')}}`);
          expect(scanner.scan(bytes)).toBeUndefined();
          const found = Array.from(
            { length: scanner.count },
            (_, i) => shape.patterns[scanner.spans[i * SPAN_STRIDE]],
          );
          expect(found).toEqual(members.map(([, path]) => path));
        }
      }),
    );
  });

  test('a name that cannot stand raw is not taken for the raw bytes it has', () => {
    const shape = new Shape([field('/b"c'), field('/n\n')], 'span');
    const scanner = new JsonScanner(shape);
    for (const name of ['b"c', 'n\n']) {
      expect(scanner.scan(Buffer.from(`{${JSON.stringify(name)}:"1"}`))).toBeUndefined();
      expect(scanner.scan(Buffer.from(`{"${name}":"1"}`))?.code).toBe('RECORD_INVALID_JSON');
    }
  });

  test('a duplicate name gives a span each time', () => {
    expect(scan([field('/a')], '{"a":"1","a":"2","\\u0061":"3"}').spans).toHaveLength(3);
  });

  test('* finds each element of an array and each member of a map', () => {
    const fields = [field('/c/*/email'), field('/m/*')];
    const text = '{"c":[{"email":"1"},{"email":"2"}],"m":{"x":"3","__proto__":"4"}}';
    expect(scan(fields, text).spans.map(([, , span]) => span)).toEqual([
      '"1"',
      '"2"',
      '"3"',
      '"4"',
    ]);
  });

  test('names of Object.prototype are names like any other', () => {
    expect(scan([field('/a')], '{"__proto__":"x"}').fault?.code).toBe('RECORD_UNKNOWN_FIELD');
    expect(scan([field('/__proto__')], '{"__proto__":"x"}').spans).toHaveLength(1);
    expect(scan([field('/a')], '{"constructor":"x"}').fault?.code).toBe('RECORD_UNKNOWN_FIELD');
  });

  test('more spans than the first array holds are all found', () => {
    const text = `{"m":[${Array.from({ length: 1000 }, (_, i) => `"${i}"`).join()}]}`;
    expect(scan([field('/m/*')], text).spans).toHaveLength(1000);
  });
});

describe('misfits', () => {
  const fields = [
    field('/a', { required: true }),
    field('/address/street', { required: true }),
    field('/list/*/x'),
  ];
  const code = (text: string) => scan(fields, text).fault;

  test('an unknown member is told by its place, with the pattern of its parent', () => {
    expect(code('{"a":"","address":{"street":"","zip":1}}')).toEqual({
      code: 'RECORD_UNKNOWN_FIELD',
      byte: 31,
      path: '/address/*',
    });
    expect(code('{"A":""}')?.path).toBe('/*');
  });

  test('a required field that is absent or null is missing', () => {
    expect(code('{"address":{"street":""}}')).toEqual({
      code: 'RECORD_MISSING_FIELD',
      byte: 0,
      path: '/a',
    });
    expect(code('{"a":""}')?.path).toBe('/address');
    expect(code('{"a":"","address":{}}')?.path).toBe('/address/street');
    expect(code('{"a":"","address":null}')?.code).toBe('RECORD_MISSING_FIELD');
    expect(code('{"a":null,"address":{"street":""}}')?.path).toBe('/a');
  });

  test('a duplicate does not stand in for another required field', () => {
    expect(code('{"a":"","a":"","a":""}')?.path).toBe('/address');
  });

  test('a field required under * is required of each element', () => {
    const each = [field('/c/*/e', { required: true })];
    expect(scan(each, '{"c":[]}').fault).toBeUndefined();
    expect(scan(each, '{"c":[{"e":""}]}').fault).toBeUndefined();
    expect(scan(each, '{"c":[{"e":""},{}]}').fault?.path).toBe('/c/*/e');
    expect(scan(each, '{"c":[null]}').fault?.path).toBe('/c/*');
    expect(scan(each, '{}').fault?.path).toBe('/c');
    expect(scan([field('/m/*', { required: true })], '{"m":{"x":""}}').fault).toBeUndefined();
  });

  test.each([
    '{"a":1}',
    '{"a":{}}',
    '{"a":[{"a":""}]}',
    '{"a":true}',
    '{"a":"","address":"Main Street"}',
    '{"a":"","address":[{"street":""}]}',
    '{"a":"","address":{"street":""},"list":"x"}',
    '{"a":"","address":{"street":""},"list":["x"]}',
    '{"a":"","address":{"street":""},"list":[[{"x":""}]]}',
  ])('another type than declared is told: %s', (text) => {
    expect(code(text)?.code).toBe('RECORD_WRONG_TYPE');
  });

  test('invalid JSON wins over a misfit that stands before it', () => {
    expect(code('{"unknown":1,')?.code).toBe('RECORD_INVALID_JSON');
  });
});

describe('cutting', () => {
  const drop = [field('/d', { cut: true }), field('/k'), field('/l/*', { cut: true })];

  test.each([
    ['{"d":"1","k":"2"}', '{"k":"2"}'],
    ['{"k":"2","d":"1"}', '{"k":"2"}'],
    ['{"d":"1"}', '{}'],
    ['{ "d" : "1" , "d" : "2" , "k" : "3" , "d":"4" , "d":"5" }', '{ "k" : "3"   }'],
    ['{"l":["1","2"],"k":"3"}', '{"l":[],"k":"3"}'],
  ])('a dropped member goes with its comma: %s', (text, left) => {
    const out = cut(drop, text);
    expect(out.replaceAll(' ', '')).toBe(left.replaceAll(' ', ''));
  });

  test('cutting any members of any record leaves the others as they were', () => {
    const names = fc.constantFrom('d', 'k', 'x', 'y');
    const space = fc.constantFrom('', ' ', '\n\t');
    fc.assert(
      fc.property(fc.array(fc.tuple(names, space, space), { maxLength: 8 }), (members) => {
        const text = `{${members.map(([n, a, b], i) => `${a}"${n}"${b}:${a}"${i}"${b}`).join()}}`;
        const left = JSON.parse(cut(drop, text, 'cut')) as Record<string, string>;
        const kept = members.flatMap(([name], i) => (name === 'k' ? [String(i)] : []));
        expect(left).toEqual(kept.length === 0 ? {} : { k: kept.at(-1) });
      }),
    );
  });

  test('an unknown member can be cut whole or given as a span', () => {
    const text = '{"u":{"a":[1,{"b":2}]},"k":"x","v":[]}';
    expect(cut(drop, text, 'cut')).toBe('{"k":"x"}');
    expect(scan(drop, text, 'span').spans).toEqual([
      ['/*', KIND.object, '{"a":[1,{"b":2}]}'],
      ['/k', KIND.string, '"x"'],
      ['/*', KIND.array, '[]'],
    ]);
  });
});

describe('grammar', () => {
  const accepts = (text: string | Buffer) => {
    const wrapped = Buffer.concat([
      Buffer.from('{"v":'),
      Buffer.from(text as string),
      Buffer.from('}'),
    ]);
    return scan([field('/none')], wrapped, 'span').fault;
  };

  test('any text is accepted exactly when JSON.parse accepts it', () => {
    const mutated = fc
      .tuple(fc.json({ maxDepth: 5 }), fc.nat(), fc.string({ maxLength: 3 }), fc.nat(3))
      .map(([text, at, more, less]) => {
        const i = at % (text.length + 1);
        return text.slice(0, i) + more + text.slice(i + less);
      });
    const pieces = fc
      .array(
        fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '\\u', 'd83d', '1', '-', '.', 'e'),
        { maxLength: 9 },
      )
      .map((list) => list.join(''));
    const words = fc.constantFrom('0', '-0', '01', '1.', '.1', '1e', '1E+2', 'nul', 'null', 'tru');
    fc.assert(
      fc.property(fc.oneof(mutated, pieces, words, fc.json(), fc.string()), (text) => {
        const well = text.toWellFormed();
        let valid = true;
        try {
          JSON.parse(`{"v":${well}}`);
        } catch {
          valid = false;
        }
        expect(accepts(well) === undefined).toBe(valid);
        let alone = true;
        try {
          JSON.parse(well);
        } catch {
          alone = false;
        }
        expect(jsonKind(Buffer.from(well)) !== 0).toBe(alone);
      }),
      { numRuns: 3000 },
    );
  });

  test('any bytes are refused as UTF-8 exactly when a fatal decoder refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let valid = true;
        try {
          new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        } catch {
          valid = false;
        }
        const fault = accepts(Buffer.from(bytes));
        expect(fault?.code === 'RECORD_INVALID_UTF8').toBe(!valid);
      }),
      { numRuns: 3000 },
    );
  });

  test('invalid UTF-8 wins over whatever else is wrong, before it or behind it', () => {
    const bad = Buffer.from([0xc3, 0x28]);
    const deep = '['.repeat(70);
    for (const [before, after] of [
      ['{"a":"', '"}'],
      ['{"', '":"x"}'],
      ['{"a":"x"', '}'],
      ['{"a":"x",,', ''],
      ['{"a":1,"b":"', '"}'],
      [`{"a":${deep}"`, '"'],
      ['{"\\u0061', '":"x"}'],
      ['', ''],
    ])
      expect(
        scan([field('/a')], Buffer.concat([Buffer.from(before), bad, Buffer.from(after)])).fault,
      ).toEqual({ code: 'RECORD_INVALID_UTF8', byte: before.length });
  });

  test('the offset says where parsing stopped', () => {
    expect(scan([field('/a')], '{"a":"x"').fault).toEqual({ code: 'RECORD_INVALID_JSON', byte: 8 });
    expect(scan([field('/a')], '{"a":"\n"}').fault?.byte).toBe(6);
    expect(scan([field('/a')], '{"a":"x"} x').fault?.byte).toBe(10);
    expect(scan([field('/a')], Buffer.from([0x7b, 0x22, 0xff])).fault).toEqual({
      code: 'RECORD_INVALID_UTF8',
      byte: 2,
    });
  });

  test.each(['', ' ', '[]', '"x"', '1', 'null', '\ufeff{}', '{}{}', '{},'])(
    'what is not one object is refused: %j',
    (text) => {
      expect(scan([field('/a')], text).fault?.code).toBe('RECORD_INVALID_JSON');
    },
  );

  test('64 levels are accepted and 65 are not', () => {
    const deep = (levels: number) => `{"v":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    expect(scan([field('/a')], deep(64), 'span').fault).toBeUndefined();
    expect(scan([field('/a')], deep(65), 'span').fault?.code).toBe('RECORD_TOO_DEEP');
    expect(scan([field('/a')], '{"v":'.repeat(100_000), 'span').fault?.code).toBe(
      'RECORD_TOO_DEEP',
    );
    const stars = field(`/v${'/*'.repeat(70)}`);
    expect(scan([stars], deep(65)).fault?.code).toBe('RECORD_TOO_DEEP');
  });
});
