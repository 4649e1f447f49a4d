import type { RecordHeaders } from '@sealstream/contracts';
import { ForwardedKeys } from '@sealstream/crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headerCheck, headerPlan, openHeaders, resealHeaders, Tally } from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const of = (headers: string, more = '') =>
  datasetWith('/id: { type: string }', `    headers:\n${headers}${more}`);
const dataset = of(`      traceparent: keep
      x-user: { class: uuid, mask: hash, encrypt: seal }
      x-ssn: { mask: { partial: { hideLast: 4 } }, encrypt: seal }
      x-gone: { mask: drop, encrypt: drop }
      x-fixed: { mask: redact, encrypt: keep }
`);
const bytes = (text: string) => Buffer.from(text);
const GOOD = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function treated(stage: 'mask' | 'encrypt', headers: RecordHeaders, rules = dataset) {
  const result = headerPlan(rules, stage).treat(headers, keys);
  if (!result.ok) return result;
  return result.headers.map(([name, value]) => [name, value?.toString() ?? null]);
}

const sealedParts = dataset.headers.filter(({ encrypt }) => encrypt === 'seal');
const opened = (headers: RecordHeaders) => openHeaders('d', sealedParts).treat(headers, keys);

function sealed(headers: RecordHeaders): RecordHeaders {
  const result = headerPlan(dataset, 'encrypt').treat(headers, keys);
  if (!result.ok) throw new Error(result.code);
  return result.headers;
}

describe('headers on masked', () => {
  test('are masked by name, each time that they come, in their order; all others stay behind', () => {
    const made = treated('mask', [
      ['x-ssn', bytes('123-45-6789')],
      ['other', bytes('stays behind')],
      ['x-user', bytes('u1')],
      ['x-ssn', bytes('987-65-4321')],
      ['x-gone', bytes('gone')],
      ['x-fixed', bytes('anything')],
      ['X-SSN', bytes('another name')],
    ]);
    expect(made).toEqual([
      ['x-ssn', '123-45-XXXX'],
      ['x-user', expect.stringMatching(/^[\w-]{22}$/)],
      ['x-ssn', '987-65-XXXX'],
      ['x-fixed', '[redacted]'],
    ]);
  });

  test('null stays null, but for masks that hide it', () => {
    const made = treated('mask', [
      ['x-ssn', null],
      ['x-user', null],
      ['x-fixed', null],
    ]);
    expect(made).toEqual([
      ['x-ssn', null],
      ['x-user', null],
      ['x-fixed', '[redacted]'],
    ]);
  });

  test('what a mask cannot treat refuses the record, with the path and never the value', () => {
    const rules = of('      x-mail: { mask: keepDomain, encrypt: drop }\n');
    const result = treated('mask', [['x-mail', bytes('canary-without-at')]], rules);
    expect(result).toEqual({ ok: false, code: 'RECORD_VALUE_UNFIT', path: '#header/x-mail' });
    expect(treated('encrypt', [['x-mail', bytes('canary-without-at')]], rules)).toEqual([]);
  });
});

describe('headers on both outputs', () => {
  test('traceparent passes only when it is one', () => {
    for (const stage of ['mask', 'encrypt'] as const) {
      expect(treated(stage, [['traceparent', bytes(GOOD)]])).toEqual([['traceparent', GOOD]]);
      for (const bad of ['00-123-45-6789', '', `${GOOD}x`, GOOD.toUpperCase()])
        expect(treated(stage, [['traceparent', bytes(bad)]])).toEqual([]);
      expect(treated(stage, [['traceparent', null]])).toEqual([]);
    }
  });

  test('all stages alike refuse bytes that are no text, where one of them needs text', () => {
    const noText: RecordHeaders = [['x-user', Buffer.from([0x61, 0xff])]];
    const refusal = { ok: false, code: 'RECORD_VALUE_UNFIT', path: '#header/x-user' };
    expect(treated('mask', noText)).toEqual(refusal);
    expect(treated('encrypt', noText)).toEqual(refusal);
    expect(headerCheck(dataset).treat(noText, keys)).toEqual(refusal);
    const kept: RecordHeaders = [['x-fixed', Buffer.from([0xff])]];
    expect(headerCheck(dataset).treat(kept, keys)).toEqual({ ok: true, headers: kept });
    expect(headerPlan(dataset, 'encrypt').treat(kept, keys)).toEqual({ ok: true, headers: kept });
  });

  test('all stages alike refuse what looks sealed where readers would open it, unless it is sealed once more', () => {
    const token = sealed([['x-user', bytes('u')]]);
    const refusal = { ok: false, code: 'RECORD_LOOKS_SEALED', path: '#header/x-user' };
    expect(treated('mask', token)).toEqual(refusal);
    expect(treated('encrypt', token)).toEqual(refusal);
    expect(headerCheck(dataset).treat(token, keys)).toEqual(refusal);
    const reseals = of(
      '      x-user: { class: uuid, mask: hash }\n      x-kept: { mask: keep }\n',
      '    producerTokens: reseal\n',
    );
    expect(headerCheck(reseals).treat(token, keys).ok).toBe(true);
    const kept: RecordHeaders = token.map(([, value]) => ['x-kept', value] as const);
    expect(headerCheck(reseals).treat(kept, keys)).toEqual({ ...refusal, path: '#header/x-kept' });
  });
});

describe('headers on encrypted', () => {
  test('come back as they were, and nothing of a sealed one stands there', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 9 });
    const header = fc.tuple(
      fc.constantFrom('x-user', 'x-ssn'),
      fc.option(
        text.map((one) => Buffer.from(one.toWellFormed())),
        { nil: null },
      ),
    );
    fc.assert(
      fc.property(fc.array(header, { maxLength: 4 }), (headers) => {
        const made = sealed(headers);
        for (const [at, [, value]] of headers.entries())
          expect(value !== null && made[at]?.[1]?.includes(value)).toBe(false);
        expect(opened(made)).toEqual({ ok: true, headers });
      }),
    );
  });

  test('one that was moved to another header, changed, or never sealed does not open', () => {
    const [[, token] = ['', null]] = sealed([['x-user', bytes('u')]]);
    const changed = Buffer.from(token ?? []);
    changed[40] ^= 1;
    for (const [name, value] of [
      ['x-ssn', token],
      ['x-user', changed],
      ['x-user', bytes('u')],
      ['x-user', null],
    ] as const)
      expect(opened([[name, value]])).toMatchObject({ ok: false, path: `#header/${name}` });
    expect(openHeaders('other', sealedParts).treat([['x-user', token]], keys).ok).toBe(false);
  });

  test('are sealed anew under the key of now, and all others stay as they stand', () => {
    const old = new TestKeys();
    const before = headerPlan(dataset, 'encrypt').treat([['x-user', bytes('u')]], old);
    old.rotate('BBBBBBBBBBBB');
    const mark = ['sealstream', Buffer.alloc(25, 1)] as const;
    const headers = before.ok ? [mark, ...before.headers] : [];
    const anew = resealHeaders(dataset).treat(headers, old);
    if (!anew.ok) throw new Error(anew.code);
    expect(anew.headers[0]).toEqual(mark);
    expect(String(anew.headers[1]?.[1])).toMatch(/^ss1:BBBBBBBBBBBB:/);
    const back = openHeaders('d', sealedParts).treat(anew.headers, old);
    expect(back).toEqual({ ok: true, headers: [mark, ['x-user', bytes('u')]] });
  });
});

class OfNobody extends ForwardedKeys {
  override get record() {
    return { ...keys.record, subject: undefined };
  }
}

describe('of a record without a subject', () => {
  const rules = datasetWith(
    '/id: { type: string }',
    `    subject: /id
    required: [/id]
    headers:
      x-own: { mask: redact, encrypt: seal }
      x-all: { mask: redact, encrypt: seal, survivesShred: true }
`,
  );

  test('a header that is sealed with the subject is left out, and one under the dataset is not', () => {
    const headers: RecordHeaders = [
      ['x-own', bytes('o')],
      ['x-all', bytes('a')],
    ];
    const source = new OfNobody(keys);
    const names = (result: ReturnType<ReturnType<typeof headerPlan>['treat']>) =>
      result.ok ? result.headers.map(([name]) => name) : result.code;
    expect(names(headerPlan(rules, 'encrypt').treat(headers, source))).toEqual(['x-all']);
    expect(names(headerPlan(rules, 'encrypt').treat(headers, keys))).toEqual(['x-own', 'x-all']);
  });
});

test('a tally has what was done to headers, by their paths', () => {
  const plan = headerPlan(dataset, 'mask');
  const tally = new Tally();
  plan.treat(
    [
      ['x-ssn', bytes('1')],
      ['x-ssn', bytes('2')],
      ['x-gone', null],
    ],
    keys,
  );
  plan.count(tally);
  plan.treat([['x-user', bytes('u')]], keys);
  plan.count(tally);
  expect(tally.treated).toEqual({
    '#header/x-ssn partial': 2,
    '#header/x-gone drop': 1,
    '#header/x-user hash': 1,
  });
});
