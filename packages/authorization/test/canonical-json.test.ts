import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, type Json, jsonDigest } from '../src/index.ts';

test('the example of RFC 8785, section 3.2.2, gives the text of section 3.2.3', () => {
  const value = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`) as Json;
  expect(canonicalJson(value)).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
      String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test('members stand in the order of UTF-16 units, as in the example of RFC 8785, section 3.2.3', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0]))) ?? '';
  const order = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  expect(text).toBe(`{${order.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
});

test.each<[string, unknown]>([
  ['a number that is not finite', { a: Number.NaN }],
  ['an endless number', [Number.POSITIVE_INFINITY]],
  ['half a surrogate pair', { a: ['\ud800'] }],
  ['half a surrogate pair in a name', { '\udc00': 1 }],
  ['a member that is undefined', { a: undefined }],
  ['a function', [() => 1]],
  ['a bigint', { a: 1n }],
])('%s has no text and no digest', (_, value) => {
  expect(canonicalJson(value as Json)).toBeUndefined();
  expect(jsonDigest(value as Json)).toBeUndefined();
});

test('any value comes back from its text, and another order of members gives the same text', () => {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([name, part]) => [name, turned(part)] as const)
        .toReversed(),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value as Json) ?? '';
      // JSON knows no minus zero.
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(turned(value) as Json)).toBe(text);
    }),
  );
});

test('the digest is SHA-256 of the text', () => {
  // printf '{"a":1}' | sha256sum
  expect(jsonDigest({ a: 1 })).toBe(
    '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862',
  );
});
