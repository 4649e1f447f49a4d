import { fieldCipher, type SealMethod } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import {
  checkPlan,
  type Dataset,
  encryptPlan,
  formatProblem,
  maskPlan,
  openPlan,
  parsePolicy,
  type Plan,
  PolicyError,
  shredPlan,
  Tally,
  type Verdict,
} from '../src/index.ts';
import { datasetWith, people, PEOPLE_YAML } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const run = (plan: Plan, text: string): Verdict => plan.apply(Buffer.from(text), keys, new Tally());

function ok(verdict: Verdict): string {
  if (!verdict.ok) throw new Error(`refused: ${JSON.stringify(verdict)}`);
  return verdict.value.toString();
}

function findings(encrypt: string): string {
  const text = PEOPLE_YAML.replace('mask: redact, encrypt: seal', `mask: redact, ${encrypt}`);
  try {
    return parsePolicy(text, 'p.yaml').warnings.map(formatProblem).join('\n');
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return (error as PolicyError).problems.map(formatProblem).join('\n');
  }
}

describe('how a policy says that a field is sealed', () => {
  test.each<[string, Partial<SealMethod>]>([
    ['{ form: jwe }', { form: 'jwe', algorithm: 'aes-256-gcm' }],
    ['{ form: fernet }', { form: 'fernet', algorithm: 'fernet' }],
    ['{ algorithm: aes-256-gcm }', { form: 'token', algorithm: 'aes-256-gcm' }],
    ['{ bind: [record-id] }', { bind: ['record-id'] }],
    ['{ pad: none }', { pad: false }],
    ['{}', { form: 'token', algorithm: 'xchacha20-poly1305', bind: [], pad: true }],
  ])('%s', (seal, method) => {
    const [field] = datasetWith(`/v: { type: string, encrypt: { seal: ${seal} } }`).fields;
    expect(field).toMatchObject({ encrypt: 'seal', seal: method });
  });

  test.each([
    [
      'encrypt: { seal: { form: jwt } }',
      'form must be one of token, jwe, fernet; did you mean jwe',
    ],
    ['encrypt: { seal: { frm: jwe } }', 'unknown word frm; did you mean form?'],
    ['encrypt: { sael: {} }', 'unknown word sael; did you mean seal?'],
    ['encrypt: { seal: { form: jwe, algorithm: aes-256-gcm } }', 'algorithm goes with form: token'],
    ['encrypt: { seal: { form: jwe, bind: [record-id] } }', 'bind goes with form: token'],
    ['encrypt: { seal: { form: fernet, deterministic: true } }', 'deterministic goes with form'],
    [
      'encrypt: { seal: { deterministic: true, algorithm: aes-256-gcm } }',
      'deterministic goes with xchacha20-poly1305',
    ],
    ['encrypt: { seal: { deterministic: true, bind: [record-id] } }', 'no two tokens would be'],
    ['encrypt: { seal: { bind: [] } }', 'bind must not be empty'],
    ['encrypt: { seal: { deterministic: true } }', 'deterministic on so few possible values'],
    ['encrypt: { seal: { pad: none } }', 'without padding the length of each value shows'],
    ['class: category, encrypt: { seal: { pad: none } }', 'the length tells the value'],
  ])('%s is told to be wrong, or worth a look', (encrypt, said) => {
    expect(findings(encrypt)).toContain(said);
  });
});

describe('what a policy seals', () => {
  const WHOLE = '/v: { type: [object, array], mask: drop }';
  const values = [
    '{"a":1.0,"b":[ null ,"\\u0041"]}',
    '[]',
    '[ {"x":12345678901234567890} ]',
    '{ }',
  ];

  test.each(values)('an object or array whole, byte for byte: %s', (value) => {
    const dataset = datasetWith(WHOLE);
    const sealed = ok(run(encryptPlan(dataset), `{"v":${value}}`));
    expect(sealed).toMatch(/^\{"v":"ss1:A{12}:[\w-]+"\}$/);
    expect(ok(run(openPlan(dataset), sealed))).toBe(`{"v":${value}}`);
    expect(ok(run(maskPlan(dataset), `{"v":${value}}`))).toBe('{}');
  });

  test('a scalar where an object is declared is refused, and the other way round', () => {
    const object = checkPlan(datasetWith('/v: { type: object, mask: redact }'));
    expect(object.check(Buffer.from('{"v":"text"}'))).toMatchObject({ code: 'RECORD_WRONG_TYPE' });
    const text = checkPlan(datasetWith('/v: { type: string }'));
    expect(text.check(Buffer.from('{"v":{}}'))).toMatchObject({ code: 'RECORD_WRONG_TYPE' });
  });

  test('the members of a map under their names, each bound to the pattern', () => {
    const dataset = datasetWith('/m/*: { type: [string, number] }');
    const record = '{"m":{"home":"1 Main St","work":12.30}}';
    const sealed = ok(run(encryptPlan(dataset), record));
    const { m } = JSON.parse(sealed) as { m: Record<string, string> };
    expect(Object.keys(m)).toEqual(['home', 'work']);
    const opened = fieldCipher('d', '/m/*').open(keys, Buffer.from(m['work'] ?? ''));
    expect(opened).toEqual({ type: 'number', plain: Buffer.from('12.30') });
    expect(ok(run(openPlan(dataset), sealed))).toBe(record);
  });

  test.each([
    ['{ form: jwe }', /^\{"v":"eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+"\}$/],
    ['{ form: fernet }', /^\{"v":"ssf:A{12}:gAAAA[\w-]+=*"\}$/],
    ['{ algorithm: aes-256-gcm }', /^\{"v":"ss1:A{12}:[\w-]+"\}$/],
    ['{ pad: none }', /^\{"v":"ss1:A{12}:[\w-]+"\}$/],
  ])('as %s, and opens it again', (seal, form) => {
    const dataset = datasetWith(`/v: { type: [string, number], encrypt: { seal: ${seal} } }`);
    for (const value of ['"123-45-6789"', '1e400', '"\\ud800"', 'null']) {
      const sealed = ok(run(encryptPlan(dataset), `{"v":${value}}`));
      expect(sealed).toMatch(form);
      expect(ok(run(openPlan(dataset), sealed))).toBe(`{"v":${value}}`);
    }
  });
});

describe('a value of a producer that already looks sealed', () => {
  const token = '"ss1:AAAAAAAAAAAA:AAAA"';
  const jwe = `"${Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"AAAAAAAAAAAA"}').toString('base64url')}..a.b.c"`;
  const judge = (dataset: Dataset, record: string): string[] => {
    const verdicts = [
      checkPlan(dataset).check(Buffer.from(record)),
      run(maskPlan(dataset), record),
      run(encryptPlan(dataset), record),
    ];
    return verdicts.map((verdict) => (verdict.ok ? 'ok' : verdict.code));
  };
  const refused = Array.from({ length: 3 }, () => 'RECORD_LOOKS_SEALED');

  test.each([token, jwe, '"ssf:AAAAAAAAAAAA:gAAA"', '"\\u0073s1:AAAAAAAAAAAA:"'])(
    '%s is refused by every stage',
    (value) => {
      const record = `{"v":${value}}`;
      expect(judge(datasetWith('/v: { type: string }'), record)).toEqual(refused);
    },
  );

  test('is sealed once more where the policy says reseal, and comes back as it stood', () => {
    const dataset = datasetWith('/v: { type: string }', '    producerTokens: reseal\n');
    for (const value of [token, jwe]) {
      expect(judge(dataset, `{"v":${value}}`)).toEqual(['ok', 'ok', 'ok']);
      const sealed = ok(run(encryptPlan(dataset), `{"v":${value}}`));
      expect(sealed).not.toContain(value.slice(1, -1));
      expect(ok(run(openPlan(dataset), sealed))).toBe(`{"v":${value}}`);
    }
  });

  test.each(['encrypt: keep', 'mask: keep'])(
    'is refused still in a field with %s, where it would pass as ours',
    (kept) => {
      const rules = '    producerTokens: reseal\n';
      const dataset = datasetWith(`/v: { type: string, ${kept} }`, rules);
      expect(judge(dataset, `{"v":${token}}`)).toEqual(refused);
    },
  );
});

describe('what becomes of the fields of a shredded subject', () => {
  const planned = (...edits: [string, string][]) =>
    Object.fromEntries(
      shredPlan(people(...edits)).map(({ after, path, topic }) => [`${topic} ${path}`, after]),
    );

  test('says of each whether it opens no more, stays readable, or never opened', () => {
    expect(planned()).toMatchObject({
      'encrypted.people /ssn': 'opens-no-more',
      'masked.people /ssn': 'one-way',
      'masked.people /email': 'readable',
      'encrypted.people /amount': 'readable',
      'masked.people #key': 'one-way',
      'masked.people #header/traceparent': 'readable',
      'encrypted.people #header/traceparent': 'readable',
    });
    expect(planned()).not.toHaveProperty('masked.people /note');
  });

  test.each(['{ form: jwe }', '{ form: fernet }', '{ algorithm: aes-256-gcm }'])(
    'sealed as %s is refused, since it would open still, unless it may survive',
    (seal) => {
      expect(findings(`encrypt: { seal: ${seal} }`)).toContain('say survivesShred: true');
      const edit = `mask: redact, encrypt: { seal: ${seal} }, survivesShred: true`;
      expect(planned(['mask: redact, encrypt: seal', edit])).toMatchObject({
        'encrypted.people /note': 'still-opens',
      });
    },
  );

  test('tokens go with their subject, and other masks that can be turned back must say they survive', () => {
    const oracle = 'equalityOracle: { accepted: test }';
    const note = (edit: string) =>
      planned(['mask: redact, encrypt: seal', edit])['masked.people /note'];
    expect(note(`mask: tokenise, encrypt: seal, ${oracle}`)).toBe('opens-no-more');
    const surviving = `mask: tokenise, encrypt: seal, survivesShred: true, ${oracle}`;
    expect(note(surviving)).toBe('still-opens');
    expect(() => note(`mask: fpe, encrypt: seal, ${oracle}`)).toThrow('say survivesShred: true');
  });

  test('survivesShred without a subject is told to mean nothing', () => {
    const text = PEOPLE_YAML.replace('    subject: /ssn', '').replace(
      'mask: redact, encrypt: seal',
      'mask: redact, encrypt: seal, survivesShred: true',
    );
    expect(() => parsePolicy(text, 'p.yaml')).toThrow('the dataset has no subject to shred');
  });
});
