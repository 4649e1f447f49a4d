import { fieldCipher } from '@sealstream/crypto';
import protobuf from 'protobufjs';
import { type Dataset, protobufPlan, type SchemaStage, Tally, type Verdict } from '../src/index.ts';
import { TestKeys } from './test-keys.ts';

export const keys = new TestKeys();

/** A schema of these messages. */
export const proto = (body: string): string => `syntax = "proto3";\n${body}\n`;

/** The schemas that were read last. */
const parsed = new Map<string, protobuf.Root>();

/** A message as protobufjs reads its schema: the other implementation. */
function jsType(schema: string, name: string): protobuf.Type {
  const root = parsed.get(schema) ?? protobuf.parse(schema, { keepCase: true }).root;
  if (parsed.size > 2) parsed.clear();
  parsed.set(schema, root);
  return root.lookupType(name);
}

/** Reads a message; throws when it is none. */
export function decoded(schema: string, bytes: Buffer): void {
  jsType(schema, 'M').decode(bytes);
}

/** A value as plain objects, with what stands in the bytes alone; 64-bit numbers as text. */
export function read(schema: string, bytes: Buffer, name = 'M'): Record<string, unknown> {
  const type = jsType(schema, name);
  return type.toObject(type.decode(bytes), { longs: String, enums: String });
}

export function encoded(schema: string, value: object, name = 'M'): Buffer {
  const type = jsType(schema, name);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

/** The plan of a schema; throws what is wrong with the schema. */
export function planOf(dataset: Dataset, stage: SchemaStage, schema: string, indexes = [0]) {
  const made = protobufPlan(dataset, stage, schema, indexes);
  if ('problems' in made) throw new Error(JSON.stringify(made.problems));
  return made;
}

export function treatBytes(
  dataset: Dataset,
  stage: SchemaStage,
  schema: string,
  bytes: readonly number[] | Buffer,
): Verdict {
  return planOf(dataset, stage, schema).plan.apply(Buffer.from(bytes), keys, new Tally());
}

export interface Treated {
  readonly schema: string;
  /** What protobufjs reads in the bytes under the derived schema. */
  readonly value: Record<string, unknown>;
  readonly bytes: Buffer;
  readonly tally: Tally;
}

/** Treats bytes, or what protobufjs makes of a value, and has protobufjs read the result. */
export function treat(
  dataset: Dataset,
  stage: SchemaStage,
  schema: string,
  value: object,
): Treated {
  const { plan, outputSchema } = planOf(dataset, stage, schema);
  const tally = new Tally();
  const bytes = Buffer.isBuffer(value) ? value : encoded(schema, value);
  const verdict = plan.apply(bytes, keys, tally);
  if (!verdict.ok) throw new Error(JSON.stringify(verdict));
  const found = read(outputSchema, verdict.value);
  return { schema: outputSchema, value: found, bytes: verdict.value, tally };
}

/** What the token of a field holds. */
export function opened(dataset: Dataset, path: string, token: unknown): [string, string] {
  const cipher = fieldCipher(dataset.name, path, { ...dataset.unknownSeal });
  const { type, plain } = cipher.open(keys, Buffer.from(String(token)));
  return [type, plain.toString()];
}

/** Numbers and types on the wire of what stands in a message, in its order. */
export function tagsOf(bytes: Buffer): string[] {
  const reader = protobuf.Reader.create(bytes);
  const tags: string[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    tags.push(`${tag >>> 3}:${tag & 7}`);
    reader.skipType(tag & 7);
  }
  return tags;
}

/** Bytes of a field: its tag, and for what has a length the length. */
export function field(number: number, value: number | string | Buffer): Buffer {
  const writer = protobuf.Writer.create();
  if (typeof value === 'number') writer.uint32(number * 8).uint32(value);
  else if (typeof value === 'string') writer.uint32(number * 8 + 2).string(value);
  else writer.uint32(number * 8 + 2).bytes(value);
  return Buffer.from(writer.finish());
}
