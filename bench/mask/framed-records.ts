import type { KeySource } from '@sealstream/crypto';
import { type Dataset, FramedPlan, Tally } from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';
import avsc from 'avsc';

/** A person of bench/ground/people.ts. */
const AVRO = {
  type: 'record',
  name: 'Person',
  fields: [
    ...['id', 'name', 'ssn', 'email', 'card'].map((name) => ({ name, type: 'string' })),
    { name: 'amount', type: 'double' },
    { name: 'active', type: 'boolean' },
    { name: 'city', type: 'string' },
    {
      name: 'events',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Happening',
          fields: ['kind', 'at', 'text'].map((name) => ({ name, type: 'string' })),
        },
      },
    },
    { name: 'note', type: 'string' },
  ],
} as const;

/** How records of a format are made, and treated by us and by the library of that format. */
export interface FramedRecords {
  readonly against: string;
  readonly encode: (person: object) => Buffer;
  readonly mask: (record: Buffer) => void;
  /** Decodes, lets `mask` change the person, and encodes. */
  readonly plain: (record: Buffer, mask: (person: Record<string, string>) => void) => void;
}

const FRAME = Buffer.from([0, 0, 0, 0, 1]);

/** @param dataset of the format `avro` */
export async function avroRecords(dataset: Dataset, keys: KeySource): Promise<FramedRecords> {
  const type = avsc.Type.forSchema(AVRO as never);
  const text = JSON.stringify(AVRO);
  const plan = new FramedPlan(dataset, 'avro', 'mask', {
    source: {
      schema: () => Promise.resolve({ type: 'AVRO', text, references: [] }),
      register: () => Promise.resolve(2),
    },
    subject: 'bench-value',
  });
  const encode = (person: object) => Buffer.concat([FRAME, type.toBuffer(person)]);
  const tally = new Tally();
  const out = new ByteWriter(4096);
  plan.schemas.begin(0, 0n);
  try {
    plan.schemas.of(1);
  } catch {
    await plan.schemas.bring();
  }
  return {
    against: 'avsc: decode, plain JavaScript, HMAC of node:crypto, encode',
    encode,
    mask: (record) => {
      out.reset();
      const refusal = plan.rewrite(record, 0, record.length, keys, tally, out);
      if (refusal !== undefined) throw new Error(`the record was refused: ${refusal.code}`);
    },
    plain: (record, mask) => {
      const person = type.fromBuffer(record.subarray(FRAME.length)) as Record<string, string>;
      mask(person);
      encode(person);
    },
  };
}
