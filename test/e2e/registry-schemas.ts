import { SchemaType } from '@kafkajs/confluent-schema-registry';

export const FORMATS = ['avro', 'json-schema', 'protobuf'] as const;
export type Format = (typeof FORMATS)[number];

/** Fields that a producer adds in later versions of its schema. */
export type Added = 'nickname' | 'title';

function avro(added: readonly Added[]): string {
  return JSON.stringify({
    type: 'record',
    name: 'Person',
    namespace: 'example',
    fields: [
      { name: 'ssn', type: 'string' },
      { name: 'name', type: 'string' },
      { name: 'age', type: ['null', 'int'], default: null },
      {
        name: 'contacts',
        type: {
          type: 'array',
          items: { type: 'record', name: 'Contact', fields: [{ name: 'email', type: 'string' }] },
        },
        default: [],
      },
      ...added.map((name) => ({ name, type: ['null', 'string'], default: null })),
    ],
  });
}

function jsonSchema(added: readonly Added[]): string {
  const text = { type: 'string' };
  return JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      ssn: text,
      name: text,
      age: { type: 'integer' },
      contacts: { type: 'array', items: { type: 'object', properties: { email: text } } },
      ...Object.fromEntries(added.map((name) => [name, text])),
    },
    required: ['ssn'],
    additionalProperties: false,
  });
}

function protobuf(added: readonly Added[]): string {
  const more = added.map((name, at) => `  optional string ${name} = ${5 + at};\n`).join('');
  return `syntax = "proto3";
package example;

message Person {
  string ssn = 1;
  string name = 2;
  optional int32 age = 3;
  repeated Contact contacts = 4;
${more}}

message Contact {
  string email = 1;
}
`;
}

const WRITERS = {
  avro: { type: SchemaType.AVRO, write: avro },
  'json-schema': { type: SchemaType.JSON, write: jsonSchema },
  protobuf: { type: SchemaType.PROTOBUF, write: protobuf },
} as const;

/** The schema of a producer of people, with these fields beside the first ones. */
export function personSchema(format: Format, ...added: Added[]) {
  const { type, write } = WRITERS[format];
  return { type, schema: write(added) };
}
