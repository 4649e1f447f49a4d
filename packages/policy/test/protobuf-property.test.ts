import { looksLikeToken } from '@sealstream/crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { protobufPlan, type SchemaStage, Tally } from '../src/index.ts';
import { datasetWith } from './people.ts';
import { decoded, encoded, keys, planOf, proto, treat, treatBytes } from './protobuf-fixture.ts';
import { places, TOKEN } from './protobuf-places.ts';

/** Tokens by their name, so that what was expected can be compared; bytes as base64. */
function named(value: unknown): unknown {
  if (typeof value === 'string' && looksLikeToken(Buffer.from(value))) return TOKEN;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, named(one)]));
}

describe('whatever the schema, the value and the policy', () => {
  test.each(['mask', 'encrypt'] as const)(
    '%s treats each field in each message, and protobufjs reads what stays as it was',
    (stage) => {
      fc.assert(
        fc.property(places, ({ place, value }) => {
          const dataset = datasetWith(place.fields.join('\n'));
          const { value: found } = treat(dataset, stage, place.schema, value);
          expect(named(found)).toEqual(place.expect(value, stage));
        }),
        { numRuns: 80 },
      );
    },
  );

  test('what is all kept comes back byte for byte, under the same schema', () => {
    fc.assert(
      fc.property(places, ({ place, value }) => {
        const kept = place.fields.map((line) => line.replace(/, mask:.*/, ', mask: keep }'));
        const dataset = datasetWith(kept.join('\n'));
        const bytes = encoded(place.schema, value);
        expect(treatBytes(dataset, 'mask', place.schema, bytes)).toEqual({
          ok: true,
          value: bytes,
        });
        expect(planOf(dataset, 'mask', place.schema).outputSchema).toBe(place.schema);
      }),
      { numRuns: 60 },
    );
  });

  test('a value in clear stands nowhere in the bytes, however often its field stands', () => {
    const schema = proto(`message M { In in = 1; repeated In l = 2; map<string, In> m = 3; }
message In { string a = 1; optional string b = 2; repeated string c = 3; In d = 4; }`);
    const of = (path: string) =>
      ['a', 'b', 'c/*', 'd'].map((name) => `${path}/${name}: { type: [string, object] }`);
    const dataset = datasetWith(['/in', '/l/*', '/m/*'].flatMap(of).join('\n'));
    const text = fc.constant('canary');
    const inner = fc.letrec<{ inner: unknown }>((tie) => ({
      inner: fc.record(
        { a: text, b: text, c: fc.array(text, { maxLength: 3 }), d: tie('inner') },
        { requiredKeys: [], noNullPrototype: true },
      ),
    })).inner;
    const record = fc.record({ in: inner, l: fc.array(inner), m: fc.dictionary(text, inner) });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 2 }), (parts) => {
        const bytes = Buffer.concat(
          parts.map((part) => encoded(schema, { ...part, m: { key: part.in } })),
        );
        const verdict = treatBytes(dataset, 'encrypt', schema, bytes);
        const isTwice = parts.length > 1;
        expect(verdict).toMatchObject(isTwice ? { code: 'RECORD_DUPLICATE_FIELD' } : { ok: true });
        expect(verdict.ok && verdict.value.includes('canary')).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('cut bytes are refused, or an end that readers take for one; changed ones too, or readable', () => {
    fc.assert(
      fc.property(places, fc.nat(), fc.nat(255), ({ place, value }, at, byte) => {
        const dataset = datasetWith(place.fields.join('\n'));
        const { schema } = place;
        const { outputSchema, plan } = planOf(dataset, 'mask', schema);
        const bytes = encoded(schema, value);
        if (bytes.length === 0) return;
        const changed = Buffer.from(bytes);
        changed[at % bytes.length] = byte;
        for (const some of [bytes.subarray(0, at % bytes.length), changed]) {
          const verdict = plan.apply(some, keys, new Tally());
          if (!verdict.ok) continue;
          expect(() => decoded(schema, some)).not.toThrow();
          expect(() => decoded(outputSchema, verdict.value)).not.toThrow();
        }
      }),
      { numRuns: 80 },
    );
  });

  test('bytes of any kind are refused with a code, or treated, whatever the policy leaves out', () => {
    const rules = fc.constantFrom('reject', 'drop', 'encrypt');
    const stages = fc.constantFrom<SchemaStage>('mask', 'encrypt');
    const junk = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(
        places,
        rules,
        stages,
        fc.nat(),
        junk,
        ({ place, value }, rule, stage, n, bytes) => {
          const named = place.fields.filter((_, at) => at === 0 || ((n >> at) & 1) === 0);
          const dataset = datasetWith(named.join('\n'), `    unknownFields: ${rule}\n`);
          const made = protobufPlan(dataset, stage, place.schema);
          if ('problems' in made) return;
          const good = encoded(place.schema, value);
          const behind = Buffer.concat([good, bytes]);
          const changed = Buffer.from(good);
          if (good.length > 0) changed.set(bytes.subarray(0, 1), n % good.length);
          for (const some of [good, Buffer.from(bytes), behind, changed]) {
            const run = made.plan.apply(some, keys, new Tally());
            if (run.ok) expect(() => decoded(made.outputSchema, run.value)).not.toThrow();
            else expect(run.code).toMatch(/^RECORD_/);
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});
