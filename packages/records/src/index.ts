/**
 * records: finds fields in JSON, CSV, Avro and Protobuf and lets others rewrite them in place.
 *
 * Promises: a record that a scan accepts is valid (RFC 8259 and UTF-8 in whole, at most 64 levels;
 * RFC 4180; its Avro or Protobuf schema to the last byte), names are compared after unescaping, every
 * field of the shape is found wherever and however often it stands, and whatever it does not name is
 * told. What is not inside a span is never touched, so a writer that copies it gets every other byte
 * as it came. Faults tell a code, a byte offset and the shape's own pattern; never a value and never a
 * name from the record. What to do to a field is not known here.
 */
export { behindLong, writeAvroCount, writeAvroFloat, writeAvroWhole } from './avro-numbers.ts';
export { AVRO_SPAN, AvroScanner, type AvroSpan } from './avro-scanner.ts';
export { type AvroType, readAvroSchema } from './avro-schema.ts';
export { derivedAvroSchema } from './avro-derived.ts';
export { type AvroFieldOp, AvroShape } from './avro-shape.ts';
export { isJsonNumber, writeAvroNumber, writeAvroText } from './avro-text.ts';
export { ByteWriter } from './byte-writer.ts';
export { CELL, CELL_STRIDE, CsvReader, type CsvRow } from './csv-reader.ts';
export { undoubleQuotes, writeCsvCell } from './csv-text.ts';
export { type Fault, JsonScanner, SPAN_STRIDE } from './json-scanner.ts';
export { jsonKind, MAX_DEPTH } from './json-syntax.ts';
export { type DerivedJsonSchema, deriveJsonSchema } from './json-schema-derived.ts';
export { standsPlain, unescapeJson, writeJsonString } from './json-text.ts';
export { type Line, LineReader } from './line-reader.ts';
export { isWhole, type Outcome, type SchemaProblem } from './outcome.ts';
export { derivedProtobufSchema } from './protobuf-derived.ts';
export { protoWire, writeProtoNumber } from './protobuf-scalars.ts';
export { PROTO_SPAN, ProtobufScanner, type ProtoSpan } from './protobuf-scanner.ts';
export { type ProtoFile, protoMessageAt, readProtobufSchema } from './protobuf-schema.ts';
export type { ProtoFieldOp } from './protobuf-ops.ts';
export { ProtobufShape } from './protobuf-shape.ts';
export {
  isProtobufNumber,
  protobufDefault,
  writeJoinedText,
  writeProtobufText,
} from './protobuf-text.ts';
export {
  behindElement,
  readMessageIndexes,
  varintSize,
  WIRE,
  writeProtoTag,
  writeVarint,
} from './protobuf-wire.ts';
export { formatPattern, parsePattern, type Step } from './path-pattern.ts';
export { type FieldShape, KIND, Shape, type UnknownRule, type ValueType } from './shape.ts';
export { avroTags, jsonSchemaTags, protobufTags, type SchemaTags } from './schema-tags.ts';
export { firstInvalidUtf8 } from './utf8.ts';
