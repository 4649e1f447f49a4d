import { describe, expect, test } from 'vitest';
import { avroPlan } from '../src/index.ts';
import { avscType, treat, treatBytes } from './avro-fixture.ts';
import { datasetWith } from './people.ts';

const record = (...fields: object[]) => ({ type: 'record', name: 'Person', fields });
const field = (name: string, type: unknown, more: object = {}) => ({ name, type, ...more });
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

const SSN = `/ssn: { type: string, mask: { partial: { hideLast: 4 } } }`;

describe('a derived Avro schema', () => {
  test('keeps names, namespaces, documentation, aliases, order, custom properties and tags', () => {
    const dataset = datasetWith(`/home/street: { type: string }
      /home/since: { type: string, mask: keep }
      /mood: { type: string, mask: keep }`);
    const mood = { type: 'enum', name: 'Mood', symbols: ['GOOD'], doc: 'how', 'x-of': 1 };
    const since = { type: 'int', logicalType: 'date', 'x-kept': true };
    const address = (street: object) => ({
      type: 'record',
      name: 'Address',
      namespace: 'com.other',
      aliases: ['Addr'],
      doc: 'where',
      'x-owner': 'team',
      fields: [
        { name: 'street', ...street, doc: 's', aliases: ['road'], order: 'ignore' },
        field('since', since, { 'confluent:tags': ['PII'] }),
      ],
    });
    const whole = (street: object) => ({
      type: 'record',
      name: 'Person',
      namespace: 'com.example',
      'x-top': {},
      fields: [field('home', address(street)), field('mood', mood, { default: 'GOOD' })],
    });
    const typed = { type: 'string', 'x-type': 'kept' };
    const schema = whole({ type: typed, 'confluent:tags': ['PII', 'GDPR'] });
    const made = avroPlan(dataset, 'encrypt', JSON.stringify(schema));
    const derived = 'problems' in made ? made : (JSON.parse(made.outputSchema) as unknown);
    const text = { type: 'string', 'x-kept': true };
    const expected = structuredClone(schema) as { fields: { type: unknown }[] };
    const inner = expected.fields[0]?.type as { fields: { type: unknown }[] };
    inner.fields[1] = { ...inner.fields[1], type: text };
    expected.fields[1] = { ...expected.fields[1], type: 'string', default: '', 'x-of': 1 } as never;
    expect(derived).toMatchObject({ name: 'Person', namespace: 'com.example', 'x-top': {} });
    expect((derived as typeof expected).fields[0]).toEqual(expected.fields[0]);
  });

  test('no default of a protected field stays', () => {
    const dataset = datasetWith(`/a: { type: string }
      /n: { type: number, mask: { partial: { hideLast: 9 } } }
      /in/s: { type: string }
      /in/k: { type: string, mask: keep }
      /l/*: { type: string }`);
    const inner = {
      type: 'record',
      name: 'In',
      fields: [field('s', 'string', { default: 'canary-2' }), field('k', 'string')],
    };
    const schema = record(
      field('a', ['string', 'null'], { default: 'canary-1' }),
      field('n', 'int', { default: 987_654_321 }),
      field('in', inner, { default: { s: 'canary-3', k: 'kept' } }),
      field('l', { type: 'array', items: 'string' }, { default: ['canary-4'] }),
    );
    const made = avroPlan(dataset, 'mask', JSON.stringify(schema));
    const text = 'problems' in made ? '' : made.outputSchema;
    expect(text).toContain('"default":{"s":"[redacted]","k":"kept"}');
    expect(text).not.toMatch(/canary|987654321/);
    expect(() => avscType(text)).not.toThrow();
  });

  test('one type that is treated in two ways becomes two, the second named by where it stands', () => {
    const dataset = datasetWith(`/home/street: { type: string, mask: keep }
      /work/street: { type: string, mask: drop }
      /old/*/street: { type: string, mask: keep }`);
    const address = { type: 'record', name: 'Address', fields: [field('street', 'string')] };
    const schema = record(
      field('home', address),
      field('work', ['null', 'Address']),
      field('old', { type: 'array', items: 'Address' }),
    );
    const { schema: derived, value } = treat(dataset, 'mask', schema, {
      home: { street: 'a' },
      work: { Address: { street: 'b' } },
      old: [{ street: 'c' }],
    });
    const work = { type: 'record', name: 'Address_of_work', fields: [] };
    expect(derived).toEqual(
      record(
        field('home', address),
        field('work', ['null', work]),
        field('old', { type: 'array', items: 'Address' }),
      ),
    );
    expect(plain(value)).toEqual({
      home: { street: 'a' },
      work: { Address_of_work: {} },
      old: [{ street: 'c' }],
    });
  });

  test('a type defined in a field that is left out is defined where it is used next', () => {
    const dataset = datasetWith(`/a: { type: string, mask: drop }
      /b: { type: string, mask: keep }`);
    const mood = { type: 'enum', name: 'Mood', namespace: 'x', symbols: ['OK'] };
    const schema = record(field('a', mood), field('b', 'x.Mood'));
    const { schema: derived, value } = treat(dataset, 'mask', schema, { a: 'OK', b: 'OK' });
    expect(derived).toEqual(record(field('b', mood)));
    expect(value).toEqual({ b: 'OK' });
  });

  test('a type that holds itself is kept whole, and refused too deep', () => {
    const dataset = datasetWith(`/node: { type: object, mask: keep }`);
    const node = { type: 'record', name: 'Node', fields: [field('next', ['null', 'Node'])] };
    const schema = record(field('node', node));
    const nested = (depth: number): unknown =>
      depth === 0 ? { next: null } : { next: { Node: nested(depth - 1) } };
    expect(treat(dataset, 'mask', schema, { node: nested(20) }).schema).toEqual(schema);
    const deep = avscType(schema).toBuffer({ node: nested(200) });
    expect(treatBytes(dataset, 'mask', schema, deep)).toMatchObject({ code: 'RECORD_TOO_DEEP' });
  });

  test('a field under another name is treated by its alias', () => {
    const schema = record(field('social', 'string', { aliases: ['ssn'] }));
    expect(treat(datasetWith(SSN), 'mask', schema, { social: '123-45-6789' }).value).toEqual({
      social: '123-45-XXXX',
    });
  });

  test.each([
    [
      'a required field is not there',
      '    required: [/ssn]\n',
      record(),
      'RECORD_MISSING_FIELD',
      '/ssn',
    ],
    [
      'no branch has the declared type',
      '',
      record(field('ssn', ['null', 'int'])),
      'RECORD_WRONG_TYPE',
      '/ssn',
    ],
    ['the record is none', '', 'string', 'RECORD_WRONG_TYPE', ''],
  ])('is not made when %s', (_, more, schema, code, path) => {
    expect(avroPlan(datasetWith(SSN, more), 'mask', JSON.stringify(schema))).toEqual({
      problems: [{ code, path }],
    });
  });
});
