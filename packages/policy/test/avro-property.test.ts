import { looksLikeToken } from '@sealstream/crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { avscType, planOf, treat, treatBytes } from './avro-fixture.ts';
import { places, TOKEN } from './avro-places.ts';
import { datasetWith } from './people.ts';

/** Tokens by their name, so that what was expected can be compared. */
function named(value: unknown): unknown {
  if (typeof value === 'string' && looksLikeToken(Buffer.from(value))) return TOKEN;
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, named(one)]));
}

describe('whatever the schema, the value and the policy', () => {
  test.each(['mask', 'encrypt'] as const)(
    '%s treats each field in each branch, and avsc reads what stays as it was',
    (stage) => {
      fc.assert(
        fc.property(places, ({ place, value }) => {
          const dataset = datasetWith(place.fields.join('\n'));
          const { value: read } = treat(dataset, stage, place.schema as object, value);
          const expected = place.expect(value, stage);
          expect(named(structuredClone(read))).toEqual(named(structuredClone(expected)));
        }),
        { numRuns: 120 },
      );
    },
  );

  test('what is all kept comes back byte for byte, under the same schema', () => {
    fc.assert(
      fc.property(places, ({ place, value }) => {
        const kept = place.fields.map((line) => line.replace(/, mask:.*/, ', mask: keep }'));
        const dataset = datasetWith(kept.join('\n'));
        const schema = place.schema as object;
        const bytes = avscType(schema).toBuffer(value);
        expect(treatBytes(dataset, 'mask', schema, bytes)).toEqual({ ok: true, value: bytes });
        expect(JSON.parse(planOf(dataset, 'mask', schema).outputSchema)).toEqual(schema);
      }),
      { numRuns: 100 },
    );
  });

  test('cut or lengthened bytes are refused, and changed ones are refused or avsc reads them', () => {
    fc.assert(
      fc.property(places, fc.nat(), fc.nat(255), ({ place, value }, at, byte) => {
        const dataset = datasetWith(place.fields.join('\n'));
        const schema = place.schema as object;
        const bytes = avscType(schema).toBuffer(value);
        const run = (some: Buffer) => treatBytes(dataset, 'mask', schema, some);
        const invalid = { ok: false, code: 'RECORD_INVALID_AVRO' };
        expect(run(Buffer.concat([bytes, Buffer.from([byte])]))).toMatchObject(invalid);
        if (bytes.length === 0) return;
        expect(run(bytes.subarray(0, at % bytes.length))).toMatchObject({ ok: false });
        const changed = Buffer.from(bytes);
        changed[at % bytes.length] = byte;
        const verdict = run(changed);
        if (!verdict.ok) return;
        const { outputSchema } = planOf(dataset, 'mask', schema);
        expect(() => avscType(outputSchema).fromBuffer(verdict.value)).not.toThrow();
      }),
      { numRuns: 120 },
    );
  });

  test('any bytes at all are refused with a code, or treated', () => {
    fc.assert(
      fc.property(places, fc.uint8Array({ maxLength: 40 }), ({ place }, bytes) => {
        const dataset = datasetWith(place.fields.join('\n'));
        const run = treatBytes(dataset, 'encrypt', place.schema as object, Buffer.from(bytes));
        if (!run.ok) expect(run.code).toMatch(/^RECORD_/);
      }),
      { numRuns: 120 },
    );
  });
});
