import { describe, expect, test } from 'vitest';
import {
  behindFrame,
  checkBehindFrame,
  checkPlan,
  type Dataset,
  encryptPlan,
  fieldsPlan,
  openPlan,
  Tally,
} from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const of = (format: string): Dataset =>
  datasetWith(
    `/ssn: { type: string }
    /name: { type: string, mask: keep, encrypt: keep }`,
    `    format: ${format}\n    subject: /ssn\n    required: [/ssn]\n`,
  );
const json = '{"ssn":"123-45-6789", "name":"Ann"}';
const framed = (text: string | Buffer) =>
  Buffer.concat([Buffer.from([0, 0, 0, 1, 2]), Buffer.from(text)]);
const plain = datasetWith(
  '/ssn: { type: string }\n/name: { type: string, mask: keep, encrypt: keep }',
);
const sealing = { ...of('json-schema'), fields: plain.fields };

describe('JSON behind the id of a schema', () => {
  test('is sealed and opened behind it, and keeps it', () => {
    const seal = behindFrame(sealing, encryptPlan(sealing));
    const sealed = seal.apply(framed(json), keys, new Tally());
    if (!sealed.ok) throw new Error(sealed.code);
    expect(sealed.value.subarray(0, 5)).toEqual(framed('').subarray(0, 5));
    expect(sealed.value.toString()).not.toContain('6789');
    const opened = behindFrame(sealing, openPlan(sealing)).apply(sealed.value, keys, new Tally());
    expect(opened).toEqual({ ok: true, value: framed(json) });
    const [ssn] = sealing.fields;
    const some = fieldsPlan('d', [{ path: '/ssn', seal: ssn.seal }]);
    expect(some.open(sealed.value, keys)).toEqual({ ok: true, value: framed(json) });
  });

  test('is checked there, and a fault has its place in the whole value', () => {
    const check = checkBehindFrame(of('json-schema'), checkPlan(of('json-schema')));
    expect(check.check(framed(json)).ok).toBe(true);
    const { bytes, from, to } = check.subject() ?? { bytes: Buffer.alloc(0), from: 0, to: 0 };
    expect(bytes.toString('utf8', from, to)).toBe('123-45-6789');
    const broken = framed('{"ssn":}');
    expect(check.check(broken)).toMatchObject({ code: 'RECORD_INVALID_JSON', byte: 12 });
    const some = fieldsPlan('d', []).open(broken, keys);
    expect(some).toMatchObject({ code: 'RECORD_INVALID_JSON', byte: 12 });
  });

  test('is none in a dataset of plain JSON', () => {
    const check = checkBehindFrame(of('json'), checkPlan(of('json')));
    expect(check.check(framed(json))).toMatchObject({ code: 'RECORD_INVALID_JSON', byte: 0 });
    const open = behindFrame(of('json'), openPlan(of('json'))).apply(
      framed(json),
      keys,
      new Tally(),
    );
    expect(open).toMatchObject({ ok: false, code: 'RECORD_INVALID_JSON' });
  });
});
