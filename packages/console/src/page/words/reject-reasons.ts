interface Reason {
  /** What was wrong, in words for somebody who did not write the policy. */
  readonly what: string;
  /** What mends it, so that a replay can succeed. */
  readonly mend: string;
}

/** Why a record was refused, by its code; a test holds it to the codes of records in contracts. */
export const REJECT_REASONS: Readonly<Record<string, Reason>> = {
  RECORD_INVALID_JSON: {
    what: 'It is not valid JSON.',
    mend: 'The producer must write one JSON object. The byte says where reading stopped.',
  },
  RECORD_INVALID_UTF8: {
    what: 'Its text is not valid UTF-8.',
    mend: 'The producer must encode text as UTF-8.',
  },
  RECORD_INVALID_CSV: {
    what: 'The row is not valid CSV, or has another number of columns than the header.',
    mend: 'Quote values that hold a comma, a quote or a line break.',
  },
  RECORD_INVALID_AVRO: {
    what: 'Its bytes do not follow its Avro schema.',
    mend: 'The producer must encode under the schema that the record names.',
  },
  RECORD_INVALID_PROTOBUF: {
    what: 'Its bytes are not a message of its Protobuf schema.',
    mend: 'The producer must encode under the schema that the record names.',
  },
  RECORD_NOT_FRAMED: {
    what: 'It does not begin with the id of a schema.',
    mend: 'Produce with a serializer of the schema registry, or name the true format in the policy.',
  },
  RECORD_UNKNOWN_FIELD: {
    what: 'It has a field that the policy does not know.',
    mend: 'Name the field in the policy, with a mask, then replay.',
  },
  RECORD_MISSING_FIELD: {
    what: 'A required field is absent or null.',
    mend: 'The producer must send the field, or the policy must not require it.',
  },
  RECORD_WRONG_TYPE: {
    what: 'A field has another type than the policy says.',
    mend: 'Send the declared type, or change the type in the policy, then replay.',
  },
  RECORD_DUPLICATE_FIELD: {
    what: 'A field that decides whose record it is stands there twice.',
    mend: 'The producer must send each name once.',
  },
  RECORD_TOO_LARGE: {
    what: 'It is larger than allowed, or became so.',
    mend: 'Send smaller records, or raise the limit in the policy and on the topics, then replay.',
  },
  RECORD_TOO_DEEP: {
    what: 'It is nested deeper than 64 levels.',
    mend: 'The producer must send a flatter record.',
  },
  RECORD_VALUE_UNFIT: {
    what: 'A value cannot be treated as the policy says, such as a date that is none.',
    mend: 'Send a value of that form, or choose another treatment, then replay.',
  },
  RECORD_LOOKS_PERSONAL: {
    what: 'A field that the policy does not name holds what looks like personal data.',
    mend: 'Name the field in the policy, with a mask, then replay.',
  },
  RECORD_LOOKS_SEALED: {
    what: 'A value looked as if we had sealed it before it came.',
    mend: 'The producer must send plain values.',
  },
  RECORD_NOT_SEALED: {
    what: 'The producer had to seal it, and did not.',
    mend: 'The producer must seal records with the public key of this flow.',
  },
  RECORD_NOT_AUTHENTIC: {
    what: 'It did not open: it was changed, moved, or sealed under another key.',
    mend: 'Find out who wrote it, in the audit log, before anything is replayed.',
  },
  TOKEN_UNKNOWN: {
    what: 'A token in it stands for no value that is kept.',
    mend: 'It was shredded, or comes from elsewhere; take the record from its source again.',
  },
  TOKEN_MALFORMED: {
    what: 'A sealed value in it was cut or changed on its way.',
    mend: 'Take the record from its source again.',
  },
};

/** The reason of a code; codes of keys, schemas and the like are told by docs/errors.md. */
export function reasonOf(code: string): Reason {
  return (
    REJECT_REASONS[code] ?? {
      what: 'It could not be treated.',
      mend: `docs/errors.md says what ${code} means and what mends it.`,
    }
  );
}
