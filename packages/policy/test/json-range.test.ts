import * as fc from 'fast-check';
import { ByteWriter } from '@sealstream/records';
import { describe, expect, test } from 'vitest';
import {
  checkPlan,
  encryptPlan,
  maskPlan,
  openPlan,
  type Plan,
  type Refusal,
  Tally,
} from '../src/index.ts';
import { datasetWith, people } from './people.ts';
import { noKeys, TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const dataset = datasetWith(`/s: { type: string, mask: { partial: { keepLast: 2 } } }
  /h: { type: string, class: uuid, mask: hash }
  /n: { type: number, mask: { generalise: { bucket: 7 } } }
  /k/*: { type: [string, number, boolean], mask: keep, encrypt: keep }
  /d: { type: string, mask: drop }`);

/** What a plan makes of the bytes between two others, behind what `out` already holds. */
function inside(plan: Plan, record: Buffer, before: Buffer, after: Buffer) {
  const out = new ByteWriter(8);
  out.copy(Buffer.from('earlier'));
  const tally = new Tally();
  const whole = Buffer.concat([before, record, after]);
  const refusal = plan.rewrite(
    whole,
    before.length,
    before.length + record.length,
    keys,
    tally,
    out,
  );
  const written = out.take();
  expect(written.toString('latin1', 0, 7)).toBe('earlier');
  return { refusal, value: written.subarray(7), treated: tally.treated };
}

function alone(plan: Plan, record: Buffer) {
  const tally = new Tally();
  const verdict = plan.apply(record, keys, tally);
  const refusal: Refusal | undefined = verdict.ok ? undefined : verdict;
  return {
    refusal,
    value: verdict.ok ? verdict.value : Buffer.alloc(0),
    treated: tally.treated,
  };
}

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\u0041b"', 'null', 'true', '-1.5e3', '"é🙂"', '[1]', '{"x":"y"}', '12'),
);
const member = fc
  .tuple(fc.constantFrom('s', 'h', 'n', 'd', '\\u0073', 'k', 'x'), scalar)
  .map(([name, value]) => `"${name}":${name === 'k' ? `[${value},"b"]` : value}`);
const valid = fc.array(member, { maxLength: 6 }).map((all) => Buffer.from(`{${all.join(', ')}}`));
/** Also cut short, and with a byte of any kind put in, so that faults stand everywhere. */
const record = fc.oneof(
  valid,
  fc.tuple(valid, fc.nat(200)).map(([bytes, end]) => bytes.subarray(0, end)),
  fc
    .tuple(valid, fc.nat(200), fc.nat(255))
    .map(([bytes, at, byte]) =>
      Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at)]),
    ),
);
/** Neighbours that would go on with a record which is cut short, if they were read. */
const neighbour = fc.oneof(
  fc
    .constantFrom('"', '}', ']}', '"}', '41"}', 'rue}', '0}', ':1}', ' \n', '\\', 'x')
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
);

describe('a record that stands inside a larger buffer', () => {
  test('becomes what it becomes alone, is counted so, and is refused alike', () => {
    const mask = maskPlan(dataset);
    const open = openPlan(dataset);
    const check = checkPlan(dataset);
    fc.assert(
      fc.property(record, neighbour, neighbour, (bytes, before, after) => {
        for (const plan of [mask, open])
          expect(inside(plan, bytes, before, after)).toEqual(alone(plan, bytes));
        const verdict = check.check(bytes);
        const whole = Buffer.concat([before, bytes, after]);
        expect(check.checkRange(whole, before.length, before.length + bytes.length)).toEqual(
          verdict.ok ? undefined : verdict,
        );
      }),
      { numRuns: 3000 },
    );
  });

  test('is sealed and opened there', () => {
    const encrypt = encryptPlan(dataset);
    const open = openPlan(dataset);
    fc.assert(
      fc.property(record, neighbour, neighbour, (bytes, before, after) => {
        const sealed = inside(encrypt, bytes, before, after);
        const { refusal, treated } = alone(encrypt, bytes);
        expect(sealed.refusal).toEqual(refusal);
        expect(sealed.treated).toEqual(treated);
        if (refusal !== undefined) return;
        expect(inside(open, sealed.value, before, after).value.equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('stands in the output right behind the record before it', () => {
    const texts = ['{"s":"abcdef","n":15}', '{"n":-1,"d":"x"}', '{"k":["a"]}'];
    const bytes = Buffer.from(texts.join(''));
    const plan = maskPlan(dataset);
    const out = new ByteWriter(4);
    let at = 0;
    for (const text of texts) {
      expect(plan.rewrite(bytes, at, at + text.length, keys, new Tally(), out)).toBeUndefined();
      at += text.length;
    }
    expect(out.take().toString()).toBe('{"s":"XXXXef","n":14}{"n":-7}{"k":["a"]}');
  });
});

describe('a record that is refused', () => {
  const start = Buffer.from('{"s":"kept"}');
  const bad = [
    Buffer.from('{"s":"abc","n":1'),
    Buffer.from('{"s":"abc","s":"ss1:AAAAAAAAAAAA:xyz"}'),
    Buffer.from('{"s":"abc","n":1e9999}'),
    Buffer.from('{"s":"abc","n":true}'),
    Buffer.from([0x7b, 0xff, 0x7d]),
  ];

  test('leaves the output and the counts as they were', () => {
    const plan = maskPlan(dataset);
    const out = new ByteWriter(4);
    const tally = new Tally();
    expect(plan.rewrite(start, 0, start.length, keys, tally, out)).toBeUndefined();
    const before = { written: out.take(), treated: tally.treated };
    for (const bytes of bad) {
      expect(plan.rewrite(bytes, 0, bytes.length, keys, tally, out)?.ok).toBe(false);
      expect({ written: out.take(), treated: tally.treated }).toEqual(before);
    }
  });

  test('leaves no part of an output that is too large', () => {
    const small = datasetWith('/a/*: { type: number }', '    maxRecordBytes: 200\n');
    const bytes = Buffer.from(`{"a":[${'1,'.repeat(80)}1]}`);
    const out = new ByteWriter();
    const refusal = encryptPlan(small).rewrite(bytes, 0, bytes.length, keys, new Tally(), out);
    expect(refusal).toEqual({ ok: false, code: 'RECORD_TOO_LARGE' });
    expect(out.length).toBe(0);
  });

  test('is not too large because of what stands before it in the output', () => {
    const small = datasetWith('/a: { type: string, mask: keep }', '    maxRecordBytes: 20\n');
    const bytes = Buffer.from('{"a":"x"}');
    const out = new ByteWriter();
    for (let n = 0; n < 100; n++)
      expect(maskPlan(small).rewrite(bytes, 0, 9, keys, new Tally(), out)).toBeUndefined();
    expect(out.length).toBe(900);
  });

  test('leaves the output as it was when the keys are away, too', () => {
    const bytes = Buffer.from(
      '{"first_name":"A","last_name":"B","ssn":"123-45-6789","email":"a@b.example"}',
    );
    const out = new ByteWriter();
    out.copy(start);
    const tally = new Tally();
    const rewrite = () => encryptPlan(people()).rewrite(bytes, 0, bytes.length, noKeys, tally, out);
    expect(rewrite).toThrow(/KEYRING_STALE/);
    expect(out.take()).toEqual(start);
    expect(tally.treated).toEqual({});
  });
});
