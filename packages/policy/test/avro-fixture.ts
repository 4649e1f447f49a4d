import avsc from 'avsc';
import { avroPlan, type Dataset, type SchemaStage, Tally, type Verdict } from '../src/index.ts';
import { TestKeys } from './test-keys.ts';

export const keys = new TestKeys();

/** A 64-bit number as a BigInt, so that none is rounded. */
const LONG = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : Number(a > b)),
});

/** A schema as avsc reads it: the other implementation. */
export function avscType(schema: string | object): avsc.Type {
  const parsed = (typeof schema === 'string' ? JSON.parse(schema) : schema) as avsc.Schema;
  const typeHook = (one: unknown) => {
    const isLong = one === 'long' || (one as { type?: unknown }).type === 'long';
    return (isLong ? LONG : undefined) as avsc.Type;
  };
  return avsc.Type.forSchema(parsed, { wrapUnions: true, typeHook });
}

export interface Treated {
  readonly schema: Record<string, unknown>;
  /** What avsc reads in the bytes under the derived schema. */
  readonly value: unknown;
  readonly bytes: Buffer;
  readonly tally: Tally;
}

/** The plan of a schema; throws what is wrong with the schema. */
export function planOf(dataset: Dataset, stage: SchemaStage, schema: object) {
  const made = avroPlan(dataset, stage, JSON.stringify(schema));
  if ('problems' in made) throw new Error(JSON.stringify(made.problems));
  return made;
}

export function treatBytes(
  dataset: Dataset,
  stage: SchemaStage,
  schema: object,
  bytes: Buffer,
): Verdict {
  return planOf(dataset, stage, schema).plan.apply(bytes, keys, new Tally());
}

/** Encodes with avsc, treats, and decodes with avsc under the derived schema. */
export function treat(
  dataset: Dataset,
  stage: SchemaStage,
  schema: object,
  value: unknown,
): Treated {
  const { plan, outputSchema } = planOf(dataset, stage, schema);
  const tally = new Tally();
  const verdict = plan.apply(avscType(schema).toBuffer(value), keys, tally);
  if (!verdict.ok) throw new Error(JSON.stringify(verdict));
  const read: unknown = avscType(outputSchema).fromBuffer(verdict.value);
  const parsed = JSON.parse(outputSchema) as Record<string, unknown>;
  return { schema: parsed, value: read, bytes: verdict.value, tally };
}
