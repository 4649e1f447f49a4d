import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { passingKeyring } from '@sealstream/keyring';
import { encryptPlan, maskPlan, parsePolicy, samplePolicy, Tally } from '@sealstream/policy';

import { draftFields } from '../src/draft-fields.ts';
import { lookAt } from '../src/sample-reader.ts';
import { SampleTree } from '../src/sample-tree.ts';

const keys = passingKeyring({ allowUnlocked: true });

function pathsOf(records: readonly object[]) {
  const tree = new SampleTree();
  for (const record of records) tree.look(record);
  return tree.paths();
}

const shape = (records: readonly object[]) =>
  pathsOf(records).map(({ path, types, values }) => [path, types.join(), values]);

test('a record is looked at behind the id of its JSON Schema, and one of another format is none', () => {
  const tree = new SampleTree();
  const frame = Buffer.from([0, 0, 0, 0, 7]);
  expect(lookAt(tree, Buffer.concat([frame, Buffer.from('{"mail":"a@b.example"}')]))).toBe(
    undefined,
  );
  expect(lookAt(tree, Buffer.concat([frame, Buffer.from([6, 0x61, 0x62, 0x63])]))).toBe(
    'RECORD_INVALID_JSON',
  );
  expect(tree.paths().map(({ path }) => path)).toEqual(['/mail']);
});

test('a place that holds a value here and others there is one path, with what is in them', () => {
  const records = [{ a: 'x' }, { a: { mail: 'ann.lee@mail.example.com' } }, { a: [1, 2] }];
  const [path] = pathsOf(records);
  expect(shape(records)).toEqual([['/a', 'array,object,string', 4]]);
  expect(path?.classes).toMatchObject([{ class: 'email', values: 1 }]);
});

test('what is empty or null can be declared, and elements of arrays are one path', () => {
  expect(shape([{ a: {}, b: [], c: null, d: [{ e: 1 }, { f: true }] }])).toEqual([
    ['/a', 'object', 0],
    ['/b/*', 'string', 0],
    ['/c', 'string', 0],
    ['/d/*/e', 'number', 1],
    ['/d/*/f', 'boolean', 1],
  ]);
});

test('members seen before an object turned out to be a map are in its one path', () => {
  const records = [{ by: { one: { n: 1 } } }, { by: { 'ann@mail.example.com': { n: 2, m: 'x' } } }];
  expect(shape(records)).toEqual([
    ['/by/*/n', 'number', 2],
    ['/by/*/m', 'string', 1],
  ]);
});

test('a draft of any sample is a policy, and neither mask nor encrypt refuses a record of the sample', () => {
  const name = fc.oneof(
    fc.constantFrom('email', 'id', 'card', 'born', 'zip', 'a b', '*', '~', '"', '', '__proto__'),
    fc.constantFrom('ann.lee@mail.example.com', '219-09-9911', 'k'.repeat(300)),
    fc.string(),
  );
  const text = fc.constantFrom(
    'ann.lee@mail.example.com',
    '<ann.lee@mail.example.com>',
    ' ann.lee@mail.example.com',
    '4111 1111 1111 1111',
    'card 4111111111111111',
    '219-09-9911',
    '219-09-9911 a',
    '1985-02-17',
    '1985-02-17T10:00:00Z',
    '1985-02-30',
    '17 Feb 1985',
    '192.0.2.7',
    '192.0.2.7:80',
    '2001:db8::1',
    'fe80::1%eth0',
    '02139',
    '02139-1234',
    'SW1A 1AA',
    '(212) 555-0110',
    '+41 44 668 18 00',
    'Ann Lee',
    '',
    '\ud800',
  );
  const leaf = fc.oneof(
    text,
    text,
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.boolean(),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(name, tie('any'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).any;
  const record = fc.dictionary(name, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
      // As a file has them: JSON has no -0, and a name that is __proto__ is a name.
      const lines = records.map((one) => JSON.stringify(one));
      const paths = pathsOf(lines.map((line) => JSON.parse(line) as object));
      if (paths.length === 0) return;
      const policy = parsePolicy(samplePolicy('d', draftFields(paths)), 'draft.yaml');
      const dataset = policy.datasets.get('d');
      if (dataset === undefined) throw new Error('the draft has no dataset');
      for (const plan of [maskPlan(dataset), encryptPlan(dataset)])
        for (const line of lines)
          expect(plan.apply(Buffer.from(line), keys, new Tally())).toMatchObject({ ok: true });
    }),
    { numRuns: 300 },
  );
});
