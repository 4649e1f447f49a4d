import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  explain,
  formatProblem,
  keyCheck,
  keyPlan,
  keysStay,
  KeyPlan,
  openKey,
  parsePolicy,
  PolicyError,
  policyDiff,
  resealKey,
  shredPlan,
} from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const SUBJECT = '    subject: /id\n    required: [/id]\n';
const ACCEPTED = 'equalityOracle: { accepted: a test }';
const SEAL = 'encrypt: { seal: { deterministic: true } }';

const text = (key: string, more = '', revision = 1) => `version: 1
datasets:
  d:
    revision: ${revision}
    key: { ${key} }
${more}    fields:
      /id: { type: string }
`;
const of = (key: string, more = '') =>
  datasetWith('/id: { type: string }', `    key: { ${key} }\n${more}`);

function problems(key: string, more = ''): string[] {
  try {
    parsePolicy(text(key, more), 'p.yaml');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return (error as PolicyError).problems.map(formatProblem);
  }
}

const warnings = (key: string, more = '') =>
  parsePolicy(text(key, more), 'p.yaml').warnings.map(({ message }) => message);

function treated(key: string, stage: 'mask' | 'encrypt', value: string | Buffer | null) {
  const plan = keyPlan(of(key), stage);
  if (typeof plan === 'string') return plan;
  const result = plan.treat(typeof value === 'string' ? Buffer.from(value) : value, keys);
  return result.ok ? (result.key?.toString() ?? null) : result;
}

describe('the key of records', () => {
  test.each([
    ['mask: { partial: { keepLast: 2 } }', '4711-ab', 'XXXX-ab'],
    ['mask: redact', '4711', '[redacted]'],
    ['mask: { constant: all }', '4711', 'all'],
    ['mask: null', '4711', null],
    ['mask: keepDomain', 'a@b.example', 'X@b.example'],
    ['mask: { partial: { keepLast: 2 } }', null, null],
    ['mask: hash', 'left to ingest', 'hash'],
    ['mask: keep', 'as it is', 'keep'],
    ['mask: drop', 'gone', 'drop'],
  ])('on masked under %s: %j becomes %j', (rule, value, becomes) => {
    expect(treated(rule, 'mask', value)).toBe(becomes);
  });

  test('on masked under fpe keeps its form, and different ones stay different', () => {
    const digits = fc.stringMatching(/^[0-9]{6,12}$/);
    fc.assert(
      fc.property(digits, digits, (one, other) => {
        const [made, again, second] = [one, one, other].map((key) =>
          treated('mask: fpe', 'mask', key),
        );
        expect(made).toMatch(new RegExp(`^[0-9]{${one.length}}$`));
        expect(again).toBe(made);
        expect(second === made).toBe(one === other);
      }),
    );
  });

  test('sealed on encrypted is the same for equal keys alone, and opens to what it was', () => {
    const dataset = of(SEAL);
    const sealed = (value: Buffer | null) => {
      const plan = keyPlan(dataset, 'encrypt');
      if (!(plan instanceof KeyPlan)) throw new Error('it is not sealed');
      const result = plan.treat(value, keys);
      return result.ok ? result.key : null;
    };
    const open = openKey('d', [{ path: '#key', seal: dataset.key.seal }]);
    const value = fc.option(
      fc.string({ unit: 'grapheme' }).map((one) => Buffer.from(one.toWellFormed())),
      { nil: null },
    );
    fc.assert(
      fc.property(value, value, (one, other) => {
        const [made, second] = [sealed(one), sealed(other)];
        expect(sealed(one)).toEqual(made);
        const isEqual = one === null || other === null ? one === other : one.equals(other);
        expect(made?.equals(second ?? Buffer.alloc(0))).toBe(isEqual);
        expect(open?.treat(made, keys)).toEqual({ ok: true, key: one });
      }),
    );
    expect(open?.treat(Buffer.from('plain'), keys)).toMatchObject({ code: 'RECORD_NOT_AUTHENTIC' });
    const anew = resealKey(dataset)?.treat(sealed(Buffer.from('k')), keys);
    expect(anew).toEqual({ ok: true, key: sealed(Buffer.from('k')) });
  });

  test('that does not fit is refused with its path, by every stage alike where it is no text', () => {
    const noText = Buffer.from([0xff]);
    const refusal = { ok: false, code: 'RECORD_VALUE_UNFIT', path: '#key' };
    expect(treated('mask: keepDomain', 'mask', 'no-at')).toEqual(refusal);
    expect(treated('mask: keepDomain', 'mask', noText)).toEqual(refusal);
    expect(treated(SEAL, 'encrypt', noText)).toEqual(refusal);
    expect(keyCheck(of(SEAL))?.treat(noText, keys)).toEqual(refusal);
    expect(keyCheck(of('mask: keepDomain'))?.treat(noText, keys)).toEqual(refusal);
    expect(keyCheck(of('mask: hash, encrypt: keep'))).toBeUndefined();
    expect(keyCheck(of('mask: redact'))?.treat(noText, keys).ok).toBe(true);
    const token = `ss1:AAAAAAAAAAAA:${'A'.repeat(80)}`;
    expect(treated(SEAL, 'encrypt', token)).toMatchObject({ code: 'RECORD_LOOKS_SEALED' });
  });
});

describe('the rules of a key', () => {
  test.each([
    ['encrypt: seal', 'encrypt must be one of hash, keep, drop'],
    ['encrypt: { seal: {} }', 'records with one key would get many'],
    [
      'encrypt: { seal: { form: jwe, deterministic: true } }',
      'deterministic goes with form: token',
    ],
    ['mask: { noise: { within: 5 } }', 'noise cannot treat a string'],
    ['mask: { dateShift: { days: 5 } }', 'dateShift treats all values of a subject alike'],
    ['mask: hsah', 'unknown mask hsah; did you mean hash?'],
    ['mask: { partial: {} }', 'this partial hides nothing'],
    ['mask: { partial: { keepLast: 9 } }, class: card', 'a card number may show its first 6'],
    ['mask: fpe, class: ssn, encrypt: drop', 'fpe on so few possible values hides nothing'],
    [`mask: drop, class: ssn, ${SEAL}`, 'deterministic on keys of class ssn hides nothing'],
    ['mask: hash, class: ssn', 'hash on keys of class ssn hides nothing'],
    ['mask: drop, encrypt: { seal: { determinstic: true } }', 'did you mean deterministic?'],
    ['survivesShred: true', 'the dataset has no subject to shred'],
  ])('%s is an error', (rule, message) => {
    expect(problems(rule)).toContainEqual(expect.stringContaining(message));
    for (const problem of problems(rule)) expect(problem).toMatch(/^p\.yaml:5:\d+: /);
  });

  test('what is made of it must not outlive its subject unsaid', () => {
    expect(problems(SEAL, SUBJECT)).toEqual([expect.stringContaining('survivesShred: true')]);
    expect(problems('mask: fpe', SUBJECT)).toEqual([
      expect.stringContaining('survivesShred: true'),
    ]);
    expect(problems(`mask: fpe, ${SEAL}, survivesShred: true`, SUBJECT)).toEqual([]);
    expect(problems('mask: { dateShift: { days: 5 } }', SUBJECT)).toEqual([
      expect.stringContaining('a key may come without one'),
    ]);
  });

  test('an oracle that is accepted for one output is not said to accept nothing', () => {
    expect(warnings(`mask: { partial: { keepLast: 2 } }, class: ssn, ${ACCEPTED}`)).toEqual([]);
    expect(warnings(`mask: fpe, class: ssn, encrypt: drop, ${ACCEPTED}`)).toEqual([]);
  });

  test('presets judge it by its class', () => {
    const pci = '    presets: [pci]\n';
    const hipaa = '    presets: [hipaa-safe-harbor]\n';
    const partial = (last: number) => `mask: { partial: { keepLast: ${last} } }`;
    expect(problems(`${partial(4)}, class: card, encrypt: drop`, pci)).toEqual([]);
    expect(problems(`mask: keepDomain, class: card, encrypt: drop`, pci)).toEqual([
      expect.stringContaining('pci forbids keepDomain on a key of class card on masked'),
    ]);
    expect(problems(`mask: drop, class: security-code, ${ACCEPTED}, ${SEAL}`, pci)).toEqual([
      expect.stringContaining('pci forbids to seal a key of class security-code'),
    ]);
    expect(problems(`${partial(4)}, class: phone, encrypt: drop`, hipaa)).toEqual([
      expect.stringContaining('hipaa-safe-harbor forbids partial {"keepLast":4}'),
    ]);
    expect(warnings(`${partial(4)}, encrypt: drop`, hipaa)).toEqual([
      expect.stringContaining('the key is masked by partial without a class'),
    ]);
  });

  test('explain, diff and the plan of a shred tell it', () => {
    const dataset = of(`mask: fpe, ${SEAL}, survivesShred: true`, SUBJECT);
    expect(
      explain(dataset, '#key').map(({ back, shows, treatment }) => [treatment, shows, back]),
    ).toEqual([
      ['fpe', 'part', 'who holds the keys of fpe'],
      [
        'seal {"deterministic":true,"survivesShred":true}',
        'equality',
        'who holds the keys of field, or a grant of this field',
      ],
    ]);
    const planned = shredPlan(dataset).filter(({ path }) => path === '#key');
    expect(planned.map(({ after }) => after)).toEqual(['still-opens', 'still-opens']);
    const [old, now] = [text('mask: hash'), text('mask: keep', '', 2)].map((one) =>
      parsePolicy(one, 'p.yaml'),
    );
    expect(policyDiff(old, now).differences).toEqual([
      expect.objectContaining({ what: '#key', topic: 'masked.d', readers: 'more' }),
    ]);
  });

  test.each([
    ['hash', true],
    ['keep', true],
    ['fpe', true],
    ['{ fpe: { keepLast: 4, alphabet: alphanumeric } }', true],
    ['drop', false],
    ['redact', false],
    ['{ partial: { keepLast: 4 } }', false],
    ['{ pseudonym: { of: email } }', false],
    ['tokenise', false],
  ])('whether an output may be compacted under mask: %s is %s', (mask, stays) => {
    expect(keysStay(of(`mask: ${mask}`).key, 'mask')).toBe(stays);
  });

  test.each([
    ['encrypt: hash', true],
    ['encrypt: keep', true],
    [SEAL, true],
    ['encrypt: drop', false],
  ])('whether encrypted may be compacted under %s is %s', (rule, stays) => {
    expect(keysStay(of(rule).key, 'encrypt')).toBe(stays);
  });
});
