import { describe, expect, test } from 'vitest';

import { sealedLine } from '../src/sealed-lines.ts';

const text = (value: string) => ({ type: 'string', value });

describe('a line of sealed values', () => {
  test('is a token with its path, bound to the headers that are given', () => {
    const subject = 'AAECAwQFBgcICQoLDA0ODw==';
    const line = sealedLine(JSON.stringify({ path: '/ssn', token: 'ss1:x', subject }), 1, []);
    expect(line.asked).toEqual([{ path: '/ssn', token: 'ss1:x', subject }]);
    expect(line.shown([text('1')])).toBe('{"path":"/ssn","type":"string","value":"1"}');
    expect(line.shown([{ code: 'KEY_UNKNOWN' }])).toBe('{"path":"/ssn","code":"KEY_UNKNOWN"}');
  });

  test('is a record, of which the fields named are opened and all else stays as it was written', () => {
    const record =
      '{"id":12345678901234567890,"rate":1.50,"a":{"b":[{"c":"t1"},{"c":"t2"},{"c":7}]}}';
    const line = sealedLine(record, 1, ['/a/b/*/c']);
    expect(line.asked).toEqual([
      { path: '/a/b/*/c', token: 't1' },
      { path: '/a/b/*/c', token: 't2' },
    ]);
    const found = [{ type: 'number', value: '2.500' }, { code: 'RECORD_NOT_AUTHENTIC' }];
    expect(line.shown(found)).toBe(
      '{"id":12345678901234567890,"rate":1.50,"a":{"b":[{"c":2.500},{"c":"t2"},{"c":7}]}}',
    );
  });

  test.each([
    ['string', '"quoted"', '"\\"quoted\\""'],
    ['number', '1e400', '1e400'],
    ['boolean', 'true', 'true'],
    ['null', 'null', 'null'],
    ['json', '{"x":[1]}', '{"x":[1]}'],
    ['csv-quoted', 'a,b', '"a,b"'],
  ])('shows a value of type %s as it stood', (type, value, shown) => {
    expect(sealedLine('{"f":"t"}', 1, ['/f']).shown([{ type, value }])).toBe(`{"f":${shown}}`);
  });

  test('is a line of `sealstream tail`, with the person whom the record is bound to', () => {
    const subject = Buffer.alloc(16, 0xf0).toString('base64');
    const tailed = {
      partition: 0,
      offset: '7',
      value: { ssn: 't' },
      headers: [['sealstream-subject', { base64: subject }]],
    };
    const line = sealedLine(JSON.stringify(tailed), 1, ['/ssn']);
    expect(line.asked).toEqual([{ path: '/ssn', token: 't', subject }]);
    expect(JSON.parse(line.shown([text('1')]))).toEqual({ ...tailed, value: { ssn: '1' } });
  });

  test('has members with odd names like any other', () => {
    const line = sealedLine('{"a/b":{"__proto__":"t"},"n":1}', 1, [
      '/a~1b/__proto__',
      '/n/*',
      '/x/y',
    ]);
    expect(line.asked).toEqual([{ path: '/a~1b/__proto__', token: 't' }]);
    expect(line.shown([text('v')])).toBe('{"a/b":{"__proto__":"v"},"n":1}');
  });

  test.each([
    ['no JSON', 'canary', ['/f']],
    ['no object', '["canary"]', ['/f']],
    ['a record without fields to open', '{"f":"canary"}', []],
    ['a path that is none', '{"f":"canary"}', ['f']],
  ])('is refused by its number and without a word of it when it is %s', (_, line, fields) => {
    let refusal = '';
    try {
      sealedLine(line, 3, fields);
    } catch (error) {
      refusal = String(error);
    }
    expect(refusal).toContain('USAGE');
    expect(refusal).not.toContain('canary');
  });
});
