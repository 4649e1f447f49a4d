import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { AuditEvent, BatchEvent, PlainEvent } from '../src/events.ts';
import { formTest } from '../src/form-test.ts';

const word = z
  .string()
  .min(2)
  .max(4)
  .regex(/^[a-c]+$/u);
const member = z.object({ a: word, b: z.int().min(-3).max(3).optional() });

/** Forms of every kind that is known, each with the names and texts that the others know as well. */
const FORMS: Readonly<Record<string, z.ZodType>> = {
  text: word,
  'text of one length': z.string().length(3),
  moment: z.iso.datetime(),
  number: z.number().gt(0).lt(10),
  'whole number': z.number().int().min(0),
  'yes or no': z.boolean(),
  literal: z.literal(['a', 1, null]),
  'one of many': z.enum(['a', 'ab', 'abc']),
  list: z.array(word).min(1).max(3),
  members: member,
  'members and no other': z.strictObject({ a: word, b: z.null().optional() }),
  'members and any other': z.looseObject({ a: word.optional() }),
  names: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  'nothing or text': word.nullable(),
  'one of two': z.union([z.object({ a: word, b: word }), z.object({ c: z.boolean() })]),
  'told apart': z.discriminatedUnion('a', [
    z.object({ a: z.literal(['a', 'x', 'ab']), b: z.number().optional() }),
    z.object({ a: z.literal('b'), c: z.boolean() }),
  ]),
  nested: z.object({ a: z.array(member).max(2), b: z.record(z.string(), member).optional() }),
};

const key = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', 'c') },
  { weight: 1, arbitrary: fc.constantFrom('d', 'toString', '__proto__') },
);
const text = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', 'ab', 'abc', 'abcd', 'abcde', '', 'x') },
  { weight: 1, arbitrary: fc.constant('2026-11-30T05:00:00.000Z') },
  { weight: 2, arbitrary: fc.string({ maxLength: 6, unit: 'binary' }) },
);
const number = fc.oneof(fc.integer({ min: -4, max: 11 }), fc.double({ noNaN: true }));
const leaf = fc.oneof(text, text, number, fc.boolean(), fc.constant(null));
/** Anything that JSON can say, mostly of the names and texts above; also with an own `__proto__`. */
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    { weight: 4, arbitrary: leaf },
    { weight: 1, arbitrary: tie('list') },
    { weight: 4, arbitrary: tie('members') },
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  members: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 2 })
    .map((all) => `{${all.map(([name, value]) => `"${name}":${JSON.stringify(value)}`).join()}}`)
    .map((whole) => JSON.parse(whole) as unknown),
}));

describe.each(Object.entries(FORMS))('the test of a form (%s)', (_, form) => {
  const isOfForm = formTest(form);

  test('says true only of what zod accepts and gives back as it stands', () => {
    let accepted = 0;
    const check = (value: unknown) => {
      if (isOfForm?.(value) !== true) return;
      accepted += 1;
      const read = form.safeParse(value);
      expect(read.success).toBe(true);
      expect(read.data).toStrictEqual(value);
      expect(form.safeEncode(value as never).data).toStrictEqual(value);
    };
    fc.assert(fc.property(json, check), { numRuns: 8000 });
    expect(accepted).toBeGreaterThan(0);
  });

  test('says true of most that zod gives back as it stands', () => {
    const asItStands = fc.sample(json, 8000).filter((value) => {
      const { data, success } = form.safeParse(value);
      return success && JSON.stringify(data) === JSON.stringify(value);
    });
    const told = asItStands.filter((value) => isOfForm?.(value) === true);
    expect(told.length).toBeGreaterThan(0);
    expect(told.length / asItStands.length).toBeGreaterThan(0.9);
  });
});

test('there is none for a form that changes values, or looks at them in a way of its own', () => {
  const recursive: z.ZodType = z.lazy(() => z.array(recursive));
  const forms = [
    z.string().trim(),
    z.coerce.number(),
    z.string().default('a'),
    z.string().refine((value) => value.length > 2),
    z.object({ a: z.string() }).refine(({ a }) => a !== 'x'),
    z.string().transform((value) => value.length),
    z.object({ a: z.url() }),
    z.string().regex(/a/g),
    z.object({ a: z.string() }).catchall(z.number()),
    z.object({ a: z.string().exactOptional() }),
    z.record(z.enum(['a', 'b']), z.string()),
    z.record(z.uuid(), z.string()),
    z.record(z.string().min(2), z.string()),
    z.object({ constructor: z.string().optional() }),
    z.unknown(),
    recursive,
  ];
  expect(forms.map((form) => formTest(form))).toEqual(forms.map(() => undefined));
});

test('there is none for a union of which an earlier form could leave out what a later one knows', () => {
  const narrow = z.object({ a: z.string().optional() });
  expect(formTest(z.union([narrow, z.object({ b: z.string() })]))).toBeUndefined();
  expect(formTest(z.union([z.object({ b: z.string() }), narrow]))).toBeDefined();
  expect(formTest(z.union([narrow, z.looseObject({ b: z.string() })]))).toBeUndefined();
});

test('the events of the audit log have one each, so that each costs no copy', () => {
  for (const form of [PlainEvent, BatchEvent, AuditEvent]) expect(formTest(form)).toBeDefined();
});
