import { describe, expect, test } from 'vitest';
import { type Difference, parsePolicy, policyDiff } from '../src/index.ts';

interface Given {
  readonly field?: string;
  readonly rules?: string;
  readonly revision?: number;
  readonly more?: string;
}

/** A policy of one dataset with one field, and what else is said. */
function policy({ field = 'mask: redact', rules = '', revision = 1, more = '' }: Given) {
  const text =
    `version: 1\ndatasets:\n  d:\n    revision: ${revision}\n${rules}` +
    `    fields:\n      /a: { type: string, ${field} }\n${more}`;
  return parsePolicy(text, 'p.yaml');
}

const diffOf = (before: Given, after: Given): readonly Difference[] =>
  policyDiff(policy(before), policy({ revision: 2, ...after })).differences;

const seen = (differences: readonly Difference[]) =>
  differences.map(({ what, topic, before, after, readers }) => [
    what,
    topic ?? '',
    `${before ?? '-'} > ${after ?? '-'}`,
    readers,
  ]);

const ACCEPTED = 'equalityOracle: { accepted: a test }';
const HASH = 'mask: hash, class: uuid';
const partial = (rule: string) => `mask: { partial: { ${rule} } }`;
const generalise = (rule: string) => `mask: { generalise: { ${rule} } }`;

describe('what readers of masked see', () => {
  test.each([
    ['mask: keep', 'mask: redact', 'keep > redact', 'less'],
    ['mask: redact', 'mask: keep', 'redact > keep', 'more'],
    [HASH, 'mask: keep, class: uuid', 'hash > keep', 'more'],
    ['mask: redact, class: uuid', HASH, 'redact > hash', 'more'],
    [`${partial('keepLast: 4')}, class: uuid`, HASH, 'partial {"keepLast":4} > hash', 'perhaps'],
    [HASH, `${partial('keepLast: 4')}, class: uuid`, 'hash > partial {"keepLast":4}', 'more'],
    ['mask: redact', 'mask: drop', 'redact > drop', 'other'],
    [partial('keepLast: 4'), partial('keepLast: 6'), undefined, 'more'],
    // Values of 3 or 4 characters were hidden whole before.
    [partial('keepLast: 4'), partial('keepLast: 2'), undefined, 'perhaps'],
    [partial('hideLast: 4'), partial('hideLast: 5'), undefined, 'less'],
    [partial('keepLast: 4'), partial('keepFirst: 4'), undefined, 'perhaps'],
    [partial('hideLast: 4'), partial('hideLast: 1'), undefined, 'more'],
    [partial('keepLast: 4'), partial('hideLast: 4'), undefined, 'perhaps'],
    [partial('keepLast: 4'), partial('keepLast: 4, with: "*"'), undefined, 'other'],
    [generalise('date: year'), generalise('date: month'), undefined, 'more'],
    [generalise('date: month'), generalise('date: year'), undefined, 'less'],
    [generalise('date: month'), generalise('zip: 3'), undefined, 'perhaps'],
    [partial('keepLast: 4'), 'mask: keepDomain', undefined, 'perhaps'],
  ] as const)('%s, then %s', (before, after, change, readers) => {
    const [difference, ...more] = diffOf({ field: before }, { field: after });
    expect(more).toEqual([]);
    expect(difference).toMatchObject({ what: '/a', topic: 'masked.d', readers });
    if (change !== undefined) expect(`${difference.before} > ${difference.after}`).toBe(change);
  });

  test.each([
    ['bucket: 50', 'bucket: 100', 'less'],
    ['bucket: 100', 'bucket: 50', 'more'],
    ['bucket: 50', 'bucket: 75', 'perhaps'],
    ['ageOver: 89', 'ageOver: 99', 'more'],
    ['ageOver: 89', 'ageOver: 79', 'less'],
    ['ageOver: 89', 'bucket: 5', 'perhaps'],
  ])('a number by %s, then by %s', (before, after, readers) => {
    const more = (rule: string) => `      /n: { type: number, ${generalise(rule)} }\n`;
    const told = diffOf({ more: more(before) }, { more: more(after) });
    expect(told.map((one) => [one.what, one.readers])).toEqual([['/n', readers]]);
  });
});

describe('what else differs', () => {
  test('a value that is sealed no more can be read on encrypted', () => {
    expect(seen(diffOf({}, { field: 'mask: redact, encrypt: keep' }))).toEqual([
      ['/a', 'encrypted.d', 'seal > keep', 'more'],
    ]);
  });

  test('tokens that become equal for equal values show more', () => {
    const rule = 'class: uuid, encrypt: { seal: { deterministic: true } }';
    expect(seen(diffOf({ field: 'class: uuid' }, { field: rule }))).toEqual([
      ['/a', 'encrypted.d', 'seal > seal {"deterministic":true}', 'more'],
    ]);
  });

  test('a header that passes is read on both outputs; one that stays behind no more', () => {
    const headers = { rules: '    headers: [trace]\n' };
    const rows = (change: string, readers: string) =>
      ['masked.d', 'encrypted.d'].map((topic) => ['#header/trace', topic, change, readers]);
    expect(seen(diffOf({}, headers))).toEqual(rows('- > keep', 'more'));
    expect(seen(diffOf(headers, {}))).toEqual(rows('keep > -', 'less'));
  });

  test('unknown fields under another rule are told as a word, and where they then stand', () => {
    const told = seen(diffOf({}, { rules: '    unknownFields: encrypt\n' }));
    expect(told).toEqual([
      ['unknownFields', '', 'reject > encrypt', 'other'],
      ['(unknown)', 'masked.d', '- > drop', 'other'],
      ['(unknown)', 'encrypted.d', '- > seal', 'other'],
    ]);
  });

  test('another type or class of a field is told, and shows nobody more', () => {
    const now = { field: 'mask: redact, class: name', more: '' };
    expect(seen(diffOf({}, now))).toEqual([['/a class', '', '- > name', 'other']]);
    const [before, after] = ['string', '[string, number]'].map((type) => ({
      more: `      /b: { type: ${type} }\n`,
    }));
    expect(seen(diffOf(before, after))).toEqual([
      ['/b type', '', 'string > number or string', 'other'],
    ]);
  });

  test('a value that a shred does not reach any more is told', () => {
    const subject = {
      rules: '    subject: /id\n    required: [/id]\n',
      more: '      /id: { type: string }\n',
    };
    const told = diffOf(subject, { ...subject, field: 'mask: redact, survivesShred: true' });
    expect(seen(told)).toEqual([
      ['/a', 'encrypted.d', 'seal > seal {"survivesShred":true}', 'other'],
    ]);
  });

  test('a default that is written out, and the order of parameters, make no difference', () => {
    const before = { field: partial('hideLast: 4, hideFirst: 1, with: X') };
    expect(diffOf(before, { field: partial('hideFirst: 1, hideLast: 4') })).toEqual([]);
    expect(
      diffOf({ field: `mask: fpe, ${ACCEPTED}` }, { field: `mask: { fpe: {} }, ${ACCEPTED}` }),
    ).toEqual([]);
  });

  test('what a new dataset shows is more, and what one that is gone showed is less', () => {
    const shop = '  e:\n    revision: 1\n    fields:\n      /b: { type: string, mask: keep }\n';
    const [one, two] = [policy({}), policy({ more: shop })];
    const there = policyDiff(one, two);
    expect(there.stale).toEqual([]);
    expect(seen(there.differences)).toContainEqual(['dataset', '', '- > is new', 'other']);
    expect(seen(there.differences)).toContainEqual(['/b', 'masked.e', '- > keep', 'more']);
    const gone = policyDiff(two, one);
    expect(gone.stale).toEqual([]);
    expect(seen(gone.differences)).toContainEqual(['dataset', '', 'is gone > -', 'other']);
    expect(seen(gone.differences)).toContainEqual(['/b', 'masked.e', 'keep > -', 'less']);
  });

  test('a changed dataset whose revision was not raised is stale', () => {
    const before = policy({ revision: 3 });
    const change = { field: 'mask: drop' };
    expect(policyDiff(before, policy({ ...change, revision: 3 })).stale).toEqual(['d']);
    expect(policyDiff(before, policy({ ...change, revision: 2 })).stale).toEqual(['d']);
    expect(policyDiff(before, policy({ ...change, revision: 4 })).stale).toEqual([]);
    expect(policyDiff(before, policy({ revision: 3 }))).toEqual({
      differences: [],
      stale: [],
      access: [],
    });
  });
});
