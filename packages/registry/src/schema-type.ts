/** Kinds of schema, as a registry calls them. */
export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF';
