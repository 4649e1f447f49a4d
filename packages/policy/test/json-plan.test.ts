import { SealstreamError } from '@sealstream/contracts';
import { fieldCipher, looksLikeToken } from '@sealstream/crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkPlan,
  type Dataset,
  encryptPlan,
  maskPlan,
  openPlan,
  type Plan,
  Tally,
  type Verdict,
} from '../src/index.ts';
import { datasetWith, people } from './people.ts';
import { noKeys, TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const ALICE =
  '{"first_name":"Alice","last_name":"Smith","ssn":"123-45-6789","email":"alice.smith@email.com"}';
const WHOLE = `{ "first_name" : "Zo\\u00eb", "last_name":"O'Hara","ssn":"123-45-6789","email":"z@e.com",
  "phone":"+1 (555) 123-4567","card":"4111 1111 1111 1111","dob":"1985-02-03","zip":"94110",
  "amount":-12.30 , "note":"hi \\"you\\"","address":{"street":"1 Main"},
  "contacts":[{"email":"a@b"},{"email":null},{}] }`;

const run = (plan: Plan, text: string | Buffer, tally = new Tally()): Verdict =>
  plan.apply(Buffer.from(text as string), keys, tally);

function ok(verdict: Verdict): string {
  if (!verdict.ok) throw new Error(`refused: ${JSON.stringify(verdict)}`);
  return verdict.value.toString();
}

const mask = (dataset: Dataset, text: string) => ok(run(maskPlan(dataset), text));
const encrypt = (dataset: Dataset, text: string) => ok(run(encryptPlan(dataset), text));
const open = (dataset: Dataset, text: string) => ok(run(openPlan(dataset), text));
const code = (verdict: Verdict) => (verdict.ok ? 'ok' : verdict.code);

/** The refusal of each stage that takes raw records; all must agree. */
function refusal(dataset: Dataset, text: string | Buffer): Verdict {
  const bytes = Buffer.from(text as string);
  const checked = checkPlan(dataset).check(bytes);
  expect(run(maskPlan(dataset), bytes)).toEqual(checked);
  expect(run(encryptPlan(dataset), bytes)).toEqual(checked);
  return checked;
}

describe('mask', () => {
  test('the example: the last four of the ssn, and no other byte', () => {
    expect(mask(people(), ALICE)).toBe(ALICE.replace('6789', 'XXXX'));
  });

  test('every field of the example is treated and every other byte stays', () => {
    expect(
      mask(people(), WHOLE),
    ).toBe(`{ "first_name" : "Zo\\u00eb", "last_name":"O'Hara","ssn":"123-45-XXXX","email":"z@e.com",
  "phone":"+X (XXX) XXX-4567","card":"4111 11XX XXXX 1111","dob":"1985","zip":"941XX",
  "amount":-50 , "note":"[redacted]","address":{},
  "contacts":[{"email":"[redacted]"},{"email":"[redacted]"},{}] }`);
  });

  test('each of a duplicate name is treated, however it is written', () => {
    const more = '"\\u0073sn":"987-65-4321","ssn":"111-22-3333","email"';
    const text = ALICE.replace('"email"', more);
    const masked = mask(people(['    subject: /ssn', '']), text);
    expect(masked).toContain('"\\u0073sn":"987-65-XXXX","ssn":"111-22-XXXX"');
  });

  test('a masked number becomes a string, and what is masked is valid JSON always', () => {
    const dataset = datasetWith(`/n: { type: number, mask: { partial: { hideLast: 2 } } }
      /s: { type: string, mask: { partial: { hideFirst: 2, with: '"' } } }
      /c: { type: string, mask: { constant: "a\\"b" } }
      /z: { type: [string, number], mask: null }`);
    expect(mask(dataset, '{"n":-1.25,"s":"\\\\\\n\\"abc","c":"","z":1}')).toBe(
      '{"n":"-1.XX","s":"\\\\\\n\\"\\"\\"c","c":"a\\"b","z":null}',
    );
  });

  test('null stays null where there is nothing to hide in it, and is hidden where all is', () => {
    const dataset = datasetWith(`/p: { type: string, mask: { partial: { hideLast: 2 } } }
      /h: { type: string, class: uuid, mask: hash }
      /g: { type: number, mask: { generalise: { bucket: 2 } } }
      /r: { type: string }
      /d: { type: string, mask: drop }
      /c: { type: string, mask: { constant: 0 } }`);
    expect(mask(dataset, '{"p":null,"h":null,"g":null,"r":null,"d":null,"c":null}')).toBe(
      '{"p":null,"h":null,"g":null,"r":"[redacted]","c":0}',
    );
  });

  test('a value that a mask cannot treat is refused with its place', () => {
    const text = ALICE.replace('}', ',"dob":"03/02/1985"}');
    expect(run(maskPlan(people()), text)).toEqual({
      ok: false,
      code: 'RECORD_VALUE_UNFIT',
      path: '/dob',
      byte: text.indexOf('"03/'),
    });
  });

  test('a hash is equal for equal text, however it was escaped', () => {
    const dataset = datasetWith(`/a/*: { type: string, class: uuid, mask: hash }`);
    const { a } = JSON.parse(mask(dataset, '{"a":["x","\\u0078","y"]}')) as { a: string[] };
    expect(a[0]).toBe(a[1]);
    expect(a[0]).not.toBe(a[2]);
    expect(a[0]).toMatch(/^[\w-]{22}$/);
  });
});

describe('refusals, the same on ingest, mask and encrypt', () => {
  const with_ = (member: string) => ALICE.replace('}', `,${member}}`);

  test.each([
    ['{"first_name":', 'RECORD_INVALID_JSON', undefined],
    ['[]', 'RECORD_INVALID_JSON', undefined],
    [with_('"nick":"Al"'), 'RECORD_UNKNOWN_FIELD', '/*'],
    [with_('"SSN":"123-45-6789"'), 'RECORD_UNKNOWN_FIELD', '/*'],
    [with_('"address":{"city":"X"}'), 'RECORD_UNKNOWN_FIELD', '/address/*'],
    [ALICE.replace('"ssn"', '"phone"'), 'RECORD_MISSING_FIELD', '/ssn'],
    [ALICE.replace('"123-45-6789"', 'null'), 'RECORD_MISSING_FIELD', '/ssn'],
    [ALICE.replace('"123-45-6789"', '123456789'), 'RECORD_WRONG_TYPE', '/ssn'],
    [ALICE.replace('"123-45-6789"', '["123-45-6789"]'), 'RECORD_WRONG_TYPE', '/ssn'],
    [ALICE.replace('"123-45-6789"', '{"ssn":"123-45-6789"}'), 'RECORD_WRONG_TYPE', '/ssn'],
    [with_('"address":[{"street":"x"}]'), 'RECORD_WRONG_TYPE', '/address'],
    [with_('"address":"x"'), 'RECORD_WRONG_TYPE', '/address'],
    [with_('"contacts":[[{"email":"x"}]]'), 'RECORD_WRONG_TYPE', '/contacts/*'],
    [with_('"amount":"1"'), 'RECORD_WRONG_TYPE', '/amount'],
    [with_(`"note":${'['.repeat(70)}${']'.repeat(70)}`), 'RECORD_TOO_DEEP', undefined],
  ])('%s: %s', (text, expected, path) => {
    const verdict = refusal(people(), text);
    expect(verdict).toMatchObject({ ok: false, code: expected, ...(path && { path }) });
    expect(JSON.stringify(verdict)).not.toMatch(/Alice|6789|nick|SSN/);
  });

  test('invalid UTF-8 and too large a record', () => {
    expect(refusal(people(), Buffer.from([0x7b, 0xff, 0x7d]))).toMatchObject({
      code: 'RECORD_INVALID_UTF8',
      byte: 1,
    });
    const small = people(['format: json', 'maxRecordBytes: 90']);
    expect(refusal(small, ALICE)).toEqual({ ok: false, code: 'RECORD_TOO_LARGE', byte: 90 });
  });

  test('a value that already looks like a field token, escaped or not, kept or not', () => {
    const token = 'ss1:AAAAAAAAAAAA:xyz';
    for (const field of ['first_name', 'ssn', 'note'])
      for (const text of [token, token.replace('s', '\\u0073'), `ss9${token.slice(3)}`]) {
        const record = `{"first_name":"","last_name":"","ssn":"","email":"","${field}":"${text}"}`;
        const verdict = refusal(people(), record);
        expect(verdict).toMatchObject({ code: 'RECORD_LOOKS_SEALED', path: `/${field}` });
      }
  });

  test('without keys nothing is passed and no record is blamed', () => {
    const plan = encryptPlan(people());
    expect(() => plan.apply(Buffer.from(ALICE), noKeys, new Tally())).toThrow(/KEYRING_STALE/);
    const unknown = new TestKeys();
    unknown.rotate('BBBBBBBBBBBB');
    const sealed = plan.apply(Buffer.from(ALICE), unknown, new Tally());
    const opening = () => run(openPlan(people()), ok(sealed));
    expect(opening).toThrow(SealstreamError);
    expect(opening).toThrow(/KEY_UNKNOWN/);
  });

  test('an output over twice the limit is refused', () => {
    const dataset = datasetWith('/a/*: { type: number }', '    maxRecordBytes: 200\n');
    const text = `{"a":[${'1,'.repeat(80)}1]}`;
    expect(code(run(encryptPlan(dataset), text))).toBe('RECORD_TOO_LARGE');
  });
});

describe('encrypt and open', () => {
  test('each sealed field is a token, and open gives the record back byte for byte', () => {
    const sealed = encrypt(people(), WHOLE);
    const record = JSON.parse(sealed) as Record<string, unknown>;
    for (const field of ['first_name', 'ssn', 'email', 'phone', 'card', 'dob', 'zip', 'note'])
      expect(looksLikeToken(Buffer.from(record[field] as string))).toBe(true);
    expect(sealed).toContain('"amount":-12.30 ,');
    expect(open(people(), sealed)).toBe(WHOLE);
  });

  test.each([
    '12.30',
    '-0',
    '1e400',
    '12345678901234567890',
    '1E+2',
    'true',
    'null',
    '"\\u0041"',
    '"\\ud800"',
    '"\\/"',
    '"\\n"',
    '"\\u000a"',
    '"é🙂"',
    '""',
  ])('%s is sealed as a token and comes back as it stood', (value) => {
    const dataset = datasetWith('/v: { type: [string, number, boolean] }');
    const sealed = encrypt(dataset, `{"v":${value}}`);
    expect(sealed).toMatch(/^\{"v":"ss1:A{12}:[\w-]+"\}$/);
    expect(open(dataset, sealed)).toBe(`{"v":${value}}`);
  });

  test('the type in a token says how the bytes stood', () => {
    const dataset = datasetWith('/v: { type: [string, number] }');
    const typeOf = (value: string) => {
      const { v } = JSON.parse(encrypt(dataset, `{"v":${value}}`)) as { v: string };
      return fieldCipher('d', '/v').open(keys, Buffer.from(v));
    };
    expect(typeOf('"a\\n"')).toEqual({ type: 'string', plain: Buffer.from('a\n') });
    expect(typeOf('"\\u0041"')).toEqual({ type: 'json', plain: Buffer.from('"\\u0041"') });
    expect(typeOf('"\\ud800"')).toEqual({ type: 'json', plain: Buffer.from('"\\ud800"') });
    expect(typeOf('12.30')).toEqual({ type: 'number', plain: Buffer.from('12.30') });
    expect(typeOf('null')).toEqual({ type: 'null', plain: Buffer.from('null') });
  });

  test('a token of one field does not open in another, nor in another dataset', () => {
    const { email } = JSON.parse(encrypt(people(), ALICE)) as { email: string };
    const moved = encrypt(people(), ALICE).replace(/"ssn":"[^"]*"/, `"ssn":"${email}"`);
    expect(run(openPlan(people()), moved)).toMatchObject({
      code: 'RECORD_NOT_AUTHENTIC',
      path: '/ssn',
    });
    const persons = datasetWith('/ssn: { type: string }');
    const { ssn } = JSON.parse(encrypt(people(), ALICE)) as { ssn: string };
    expect(code(run(openPlan(persons), `{"ssn":"${ssn}"}`))).toBe('RECORD_NOT_AUTHENTIC');
  });

  test('a plain value where a sealed one belongs is refused by open', () => {
    for (const value of ['"123-45-6789"', 'null', '1'])
      expect(
        run(
          openPlan(people()),
          encrypt(people(), ALICE).replace(/"ssn":"[^"]*"/, `"ssn":${value}`),
        ),
      ).toMatchObject({ code: 'RECORD_NOT_AUTHENTIC', path: '/ssn' });
    const cut = encrypt(people(), ALICE).replace(/"ssn":"(.{30})[^"]*"/, '"ssn":"$1"');
    expect(code(run(openPlan(people()), cut))).toBe('TOKEN_MALFORMED');
  });

  test('drop leaves the field out, null puts null, keep keeps', () => {
    const dataset = datasetWith(`/a: { type: string, encrypt: drop }
      /b: { type: string, encrypt: null }
      /c: { type: string, encrypt: keep }`);
    const sealed = encrypt(dataset, '{"a":"1","b":"2","c":"3"}');
    expect(sealed).toBe('{"b":null,"c":"3"}');
    expect(open(dataset, sealed)).toBe(sealed);
    expect(code(run(openPlan(dataset), '{"b":"2"}'))).toBe('RECORD_NOT_AUTHENTIC');
  });
});

describe('unknown fields', () => {
  const rules = (unknown: string) =>
    datasetWith(
      '/a/b: { type: string, mask: keep, encrypt: keep }',
      `    unknownFields: ${unknown}\n`,
    );
  const text = '{"x":{"y":[1,{"z":"secret"}]},"a":{"b":"1","c":"plain"},"n":12.30}';

  test('drop: they are left out on both sides, at every level', () => {
    expect(mask(rules('drop'), text)).toBe('{"a":{"b":"1"}}');
    expect(encrypt(rules('drop'), text)).toBe('{"a":{"b":"1"}}');
  });

  test('encrypt: they are sealed whole, left out on masked, and open gives them back', () => {
    const dataset = rules('encrypt');
    expect(mask(dataset, text)).toBe('{"a":{"b":"1"}}');
    const sealed = encrypt(dataset, text);
    expect(sealed).not.toMatch(/secret|plain|12\.30/);
    expect(open(dataset, sealed)).toBe(text);
    expect(code(checkPlan(dataset).check(Buffer.from(text)))).toBe('ok');
    const planted = '{"x":"ss1:AAAAAAAAAAAA:xyz"}';
    expect(code(run(encryptPlan(dataset), planted))).toBe('RECORD_LOOKS_SEALED');
  });
});

describe('tally', () => {
  test('counts each path and transform of the records that passed, and the keys used', () => {
    const tally = new Tally();
    const plan = maskPlan(people());
    for (const text of [ALICE, WHOLE, '{', WHOLE]) run(plan, text, tally);
    run(encryptPlan(people(['    subject: /ssn', ''])), ALICE, tally);
    expect(tally.treated).toMatchObject({
      '/ssn partial': 3,
      '/note redact': 2,
      '/address/street drop': 2,
      '/contacts/*/email redact': 4,
      '/ssn seal': 1,
    });
    expect(tally.treated).not.toHaveProperty('/email keep');
    expect(tally.keyIds).toEqual(['AAAAAAAAAAAA']);
    tally.reset();
    run(encryptPlan(people()), ALICE, tally);
    // Keys of single subjects would tell whom a batch was about.
    expect(tally.keyIds).toEqual([]);
    tally.reset();
    expect(tally.treated).toEqual({});
    expect(tally.keyIds).toEqual([]);
  });
});

describe('keys noted by a tally', () => {
  test('are those of its own batch, also for who held on to the noting source', () => {
    const own = new TestKeys();
    const tally = new Tally();
    const noting = tally.noting(own);
    const use = {
      purpose: 'field',
      algorithm: 'xchacha20-poly1305',
      format: 'field-token',
      dataset: 'd',
      path: '/a',
    } as const;
    noting.active(use);
    own.rotate('BBBBBBBBBBBB');
    noting.active(use);
    noting.byId(use, 'AAAAAAAAAAAA');
    expect(tally.keyIds).toEqual(['AAAAAAAAAAAA', 'BBBBBBBBBBBB']);
    tally.reset();
    noting.byId(use, 'AAAAAAAAAAAA');
    expect(tally.keyIds).toEqual(['AAAAAAAAAAAA']);
  });
});

describe('properties', () => {
  const dataset = datasetWith(`/s: { type: string }
      /n: { type: number, mask: { generalise: { bucket: 7 } } }
      /p: { type: string, mask: { partial: { hideLast: 3 } } }
      /k: { type: [string, number, boolean], mask: keep, encrypt: keep }
      /m/*/e: { type: string, mask: drop }`);
  const space = fc.constantFrom('', ' ', '\n  ', '\t');
  const string = fc.string({ unit: 'binary' }).map((s) => JSON.stringify(s));
  const escaped = fc
    .array(fc.nat(0xffff))
    .map((units) => `"${units.map((u) => `\\u${u.toString(16).padStart(4, '0')}`).join('')}"`);
  const text = fc.oneof(string, escaped, fc.constant('null'));
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger());
  const member = fc.oneof(
    fc.tuple(fc.constantFrom('s', 'p', '\\u0073'), text),
    fc.tuple(fc.constant('n'), number.map(String)),
    fc.tuple(fc.constant('k'), fc.oneof(text, number.map(String), fc.constant('true'))),
    fc.tuple(
      fc.constant('m'),
      fc.array(text).map((all) => `[${all.map((e) => `{"e":${e}}`).join(', ')}]`),
    ),
  );
  const record = fc
    .tuple(fc.array(member), space, space)
    .map(([all, a, b]) => `${a}{${all.map(([n, v]) => `${a}"${n}"${b}:${b}${v}${a}`).join()}}${b}`);

  test('what is encrypted opens to the same bytes, and holds none of the sealed strings', () => {
    fc.assert(
      fc.property(record, (json) => {
        expect(open(dataset, encrypt(dataset, json))).toBe(json);
      }),
      { numRuns: 400 },
    );
  });

  test('what comes out is valid JSON, with every kept value as it was', () => {
    fc.assert(
      fc.property(record, (json) => {
        const before = JSON.parse(json) as Record<string, unknown>;
        for (const out of [mask(dataset, json), encrypt(dataset, json)]) {
          const after = JSON.parse(out) as Record<string, unknown>;
          expect(after['k']).toEqual(before['k']);
          expect(Object.keys(after)).toEqual(Object.keys(before));
        }
      }),
      { numRuns: 400 },
    );
  });

  test('a broken record never throws, and what passes holds no protected value', () => {
    const secret = 'Canary4711';
    const base = `{"s":"${secret}","n":1,"p":"x","k":true,"m":[{"e":"${secret}"}]}`;
    fc.assert(
      fc.property(fc.nat(base.length), fc.nat(4), fc.string({ maxLength: 4 }), (at, less, more) => {
        const broken = base.slice(0, at) + more + base.slice(at + less);
        for (const plan of [maskPlan(dataset), encryptPlan(dataset)]) {
          const verdict = run(plan, broken);
          // `k` is kept: what slips into it is what the policy says may be read.
          if (verdict.ok) {
            // Of a name that stands twice, each is kept.
            const kept = /"k":("(?:[^"\\]|\\.)*"|[^,}]*)/g;
            const rest = verdict.value.toString().replaceAll(kept, '');
            expect(rest).not.toContain(secret);
          } else {
            expect(JSON.stringify(verdict)).not.toContain('Canary');
          }
        }
      }),
      { numRuns: 1500 },
    );
  });
});
