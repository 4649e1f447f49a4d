import type { KeySource } from '@sealstream/crypto';
import { type Dataset, type FramedFormat, FramedPlan, Tally } from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';
import avsc from 'avsc';
import protobuf from 'protobufjs';

/** A person of bench/ground/people.ts. */
const TEXTS = ['id', 'name', 'ssn', 'email', 'card'];
const HAPPENING = ['kind', 'at', 'text'];
const avroText = (name: string) => ({ name, type: 'string' });
const AVRO = JSON.stringify({
  type: 'record',
  name: 'Person',
  fields: [
    ...TEXTS.map(avroText),
    { name: 'amount', type: 'double' },
    { name: 'active', type: 'boolean' },
    avroText('city'),
    {
      name: 'events',
      type: {
        type: 'array',
        items: { type: 'record', name: 'Happening', fields: HAPPENING.map(avroText) },
      },
    },
    avroText('note'),
  ],
});

const protoTexts = (names: readonly string[]) =>
  names.map((name, at) => `  string ${name} = ${at + 1};\n`).join('');
const PROTOBUF = `syntax = "proto3";
message Person {
${protoTexts(TEXTS)}  double amount = 6;
  bool active = 7;
  string city = 8;
  repeated Happening events = 9;
  string note = 10;
}
message Happening {
${protoTexts(HAPPENING)}}
`;

/** How records of a format are made, and treated by us and by a library of that format. */
export interface FramedRecords {
  readonly format: FramedFormat;
  readonly against: string;
  readonly encode: (person: object) => Buffer;
  readonly mask: (record: Buffer) => void;
  /** Decodes, lets `mask` change the person, and encodes. */
  readonly plain: (record: Buffer, mask: (person: Record<string, string>) => void) => void;
}

interface Library {
  readonly format: FramedFormat;
  readonly type: 'AVRO' | 'PROTOBUF';
  readonly name: string;
  readonly schema: string;
  /** What stands before a record: a zero byte, the id 1, and which message it is. */
  readonly frame: Buffer;
  readonly encode: (person: object) => Uint8Array;
  readonly decode: (bytes: Buffer) => object;
}

function libraries(): readonly Library[] {
  const avro = avsc.Type.forSchema(JSON.parse(AVRO) as avsc.Schema);
  const message = protobuf.parse(PROTOBUF).root.lookupType('Person');
  return [
    {
      format: 'avro',
      type: 'AVRO',
      name: 'avsc',
      schema: AVRO,
      frame: Buffer.from([0, 0, 0, 0, 1]),
      encode: (person) => avro.toBuffer(person),
      decode: (bytes) => avro.fromBuffer(bytes) as object,
    },
    {
      format: 'protobuf',
      type: 'PROTOBUF',
      name: 'protobufjs',
      schema: PROTOBUF,
      frame: Buffer.from([0, 0, 0, 0, 1, 0]),
      encode: (person) => message.encode(person).finish(),
      decode: (bytes) => message.decode(bytes),
    },
  ];
}

/** @param datasetIn the dataset of the bench with records of a format */
export async function framedRecords(
  datasetIn: (format: string) => Dataset,
  keys: KeySource,
): Promise<FramedRecords[]> {
  return Promise.all(libraries().map((one) => recordsOf(one, datasetIn(one.format), keys)));
}

async function recordsOf(
  { decode, encode, format, frame, name, schema: text, type }: Library,
  dataset: Dataset,
  keys: KeySource,
): Promise<FramedRecords> {
  const plan = new FramedPlan(dataset, format, 'mask', {
    source: {
      schema: () => Promise.resolve({ type, text, references: [] }),
      register: () => Promise.resolve(2),
    },
    subject: 'bench-value',
  });
  const tally = new Tally();
  const out = new ByteWriter(4096);
  try {
    plan.schemas.of(1, [0]);
  } catch {
    await plan.schemas.bring();
  }
  const framed = (person: object) => Buffer.concat([frame, encode(person)]);
  return {
    format,
    against: `${name}: decode, plain JavaScript, HMAC of node:crypto, encode`,
    encode: framed,
    mask: (record) => {
      out.reset();
      const refusal = plan.rewrite(record, 0, record.length, keys, tally, out);
      if (refusal !== undefined) throw new Error(`the record was refused: ${refusal.code}`);
    },
    plain: (record, mask) => {
      const person = decode(record.subarray(frame.length));
      mask(person as Record<string, string>);
      framed(person);
    },
  };
}
