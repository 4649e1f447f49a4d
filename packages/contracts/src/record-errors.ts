import type { ErrorRow } from './error-row.ts';

/** What makes a record bad: rows of the table of all errors. */
export const RECORD_ERRORS = {
  RECORD_INVALID_JSON: {
    class: 'record',
    cause: 'The value is not one valid JSON object.',
    mend: 'Produce RFC 8259 JSON; the byte offset tells where parsing stopped.',
  },
  RECORD_INVALID_UTF8: {
    class: 'record',
    cause: 'The value or the key is not valid UTF-8.',
    mend: 'Encode text as UTF-8 before producing it.',
  },
  RECORD_INVALID_CSV: {
    class: 'record',
    cause: 'The row breaks RFC 4180 or has another number of columns than the header.',
    mend: 'Quote fields that hold a comma, quote or line break; double inner quotes.',
  },
  RECORD_INVALID_AVRO: {
    class: 'record',
    cause: 'The bytes of the value do not follow its Avro schema, or go on behind its end.',
    mend: 'Encode under the schema whose id the record names; the byte offset tells where it ends.',
  },
  RECORD_INVALID_PROTOBUF: {
    class: 'record',
    cause:
      'The bytes of the value are no Protobuf message, or a field has another type than in its schema.',
    mend: 'Encode under the schema whose id the record names; the byte offset tells where it ends.',
  },
  RECORD_NOT_FRAMED: {
    class: 'record',
    cause:
      'The value does not begin with a zero byte and the id of a schema, or what follows is no message ' +
      'index of Protobuf.',
    mend: 'Produce with a serializer of the schema registry, or name the format the records have.',
  },
  RECORD_UNKNOWN_FIELD: {
    class: 'record',
    cause: 'The record has a field that the policy does not name.',
    mend: 'Name the field in the policy, or set unknownFields to drop or encrypt.',
  },
  RECORD_MISSING_FIELD: {
    class: 'record',
    cause: 'A field under required is absent or null.',
    mend: 'Send the field, or take it from required in the policy.',
  },
  RECORD_WRONG_TYPE: {
    class: 'record',
    cause: 'A field has another type than the policy declares.',
    mend: 'Send the declared type, or change the type in the policy.',
  },
  RECORD_DUPLICATE_FIELD: {
    class: 'record',
    cause:
      'What a subject or key depends on stands twice in one object, or a Protobuf message in parts.',
    mend: 'Send each name once.',
  },
  RECORD_TOO_LARGE: {
    class: 'record',
    cause: 'The record, or what it became, is over the size limit.',
    mend: 'Send smaller records, or raise maxRecordBytes in the policy and on the topics.',
  },
  RECORD_TOO_DEEP: {
    class: 'record',
    cause: 'The record is nested deeper than 64 levels.',
    mend: 'Flatten the record.',
  },
  RECORD_VALUE_UNFIT: {
    class: 'record',
    cause: 'A field cannot be treated as the policy says, such as a date that is none.',
    mend: 'Send a value of the declared form, or choose another treatment.',
  },
  RECORD_LOOKS_PERSONAL: {
    class: 'record',
    cause: 'A field that the policy does not name holds what looks like personal data.',
    mend: 'Name the field in the policy with a mask, or ask the producer to leave it out.',
  },
  RECORD_LOOKS_SEALED: {
    class: 'record',
    cause: 'A value, or under producerSeal: refused a record, already looks sealed by Sealstream.',
    mend: 'Produce plain values; tokens from a producer are never passed as if they were ours.',
  },
  RECORD_NOT_SEALED: {
    class: 'record',
    cause: 'The policy says producerSeal: required, and the producer did not seal the record.',
    mend: 'Seal records before producing them, with the public key of `sealstream keys public`.',
  },
  RECORD_NOT_AUTHENTIC: {
    class: 'record',
    cause: 'A sealed record or token did not open: changed, moved, or sealed under another key.',
    mend: 'Look in the audit log for who wrote to this topic; replay the record from its source.',
  },
  TOKEN_MALFORMED: {
    class: 'record',
    cause: 'Text that begins like a field token does not follow its grammar.',
    mend: 'See docs/wire-format.md; the token was cut or changed on its way.',
  },
} as const satisfies Record<string, ErrorRow>;
