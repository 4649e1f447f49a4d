import { AccessLanguage } from '@sealstream/authorization';
import { z } from 'zod';
import { PRESET_NAMES } from './presets.ts';
import { KAnonymityLanguage, QuasiIdentifierLanguage } from './k-anonymity-language.ts';
import { CLASS_NAMES } from './value-class.ts';

/*
 * The language of sealstream.yaml. The JSON Schema for editors is made from this file, so each
 * word is described here; docs/policy.md says more.
 */

export const FIELD_TYPES = ['string', 'number', 'boolean', 'object', 'array'] as const;
export const ENCRYPT_METHODS = ['seal', 'keep', 'drop', 'null'] as const;
const HEADER_METHODS = ['seal', 'keep', 'drop'] as const;
const KEY_METHODS = ['hash', 'keep', 'drop'] as const;
export const PRODUCER_TOKENS = ['reject', 'reseal'] as const;
export const PRODUCER_SEALS = ['allowed', 'required', 'refused'] as const;
export const FORMATS = ['json', 'avro', 'json-schema', 'protobuf'] as const;
export const UNKNOWN_FIELDS = ['reject', 'drop', 'encrypt'] as const;
export const UNDECLARED_PERSONAL_DATA = ['alert', 'reject', 'ignore'] as const;

/** Default of maxRecordBytes. */
export const MAX_RECORD_BYTES = 1024 * 1024;
/** Largest value of maxRecordBytes; Kafka is no place for more. */
const MAX_RECORD_BYTES_CEILING = 64 * 1024 * 1024;
/** A revision travels as an unsigned 32-bit number. */
const REVISION_MAX = 0xffff_ffff;

const oracle = z
  .strictObject({
    accepted: z
      .string()
      .regex(/\S/, 'equalityOracle: accepted must give a reason')
      .describe('Why it is fine that whoever may write raw can find values by guessing.'),
  })
  .describe('Accepts that equal values can be found by trying all of them.');

const valueClass = z
  .enum(CLASS_NAMES)
  .describe('What the values are; says how many of them one would have to try.');

const type = z.enum(FIELD_TYPES);

/** How a field is sealed, where a policy says more than `seal`. */
export const SealLanguage = z
  .strictObject({
    form: z
      .enum(['token', 'jwe', 'fernet'])
      .optional()
      .describe('How it looks: our own token (default), a compact JWE, or a Fernet token.'),
    algorithm: z
      .enum(['xchacha20-poly1305', 'aes-256-gcm'])
      .optional()
      .describe('Of tokens: xchacha20-poly1305 (default) or aes-256-gcm.'),
    deterministic: z
      .boolean()
      .optional()
      .describe(
        'Equal values get equal tokens, for joins; others can then find values by guessing.',
      ),
    bind: z
      .array(z.enum(['subject', 'record-id']))
      .min(1)
      .optional()
      .describe('What a token cannot be moved away from: its subject, its record, or both.'),
    pad: z
      .enum(['standard', 'none'])
      .optional()
      .describe('Whether the length of a value is hidden: standard (default) or none.'),
  })
  .describe('How the field is sealed.');
export type SealText = z.infer<typeof SealLanguage>;

/** The word `null` may come as YAML's null. */
const encrypt = z
  .enum(ENCRYPT_METHODS)
  .or(z.null())
  .or(z.strictObject({ seal: SealLanguage }))
  .describe('What encrypt does: seal (default), keep, drop, null, or { seal: how }.');

/** Read by mask-rule.ts from the table of transforms; json-schema.ts writes its schema. */
export const MaskLanguage = z.unknown().describe('What mask does; redact when not given.');

export const FieldLanguage = z.strictObject({
  type: type
    .or(z.array(type).min(1))
    .describe('string, number or boolean, or a list of those that may come.'),
  class: valueClass.optional(),
  mask: MaskLanguage.optional(),
  encrypt: encrypt.optional(),
  survivesShred: z
    .boolean()
    .optional()
    .describe('Seals under a key of the dataset: the value can be opened after a shred.'),
  equalityOracle: oracle.optional(),
});

const topic = z.string().describe('Name of a topic.');

const TopicsLanguage = z.strictObject({
  raw: topic.optional().describe('Any topic, also one of your own; raw.<dataset> when not given.'),
  accepted: topic.optional(),
  rejected: topic.optional(),
  masked: topic.optional(),
  encrypted: topic.optional(),
});

export const TAG_MASKS = ['redact', 'drop'] as const;
export const TAG_ENCRYPTS = ['seal', 'drop'] as const;

const TagLanguage = z
  .strictObject({
    mask: z.enum(TAG_MASKS).optional().describe('What mask does: redact (default) or drop.'),
    encrypt: z.enum(TAG_ENCRYPTS).optional().describe('What encrypt does: seal (default) or drop.'),
  })
  .describe('What happens to a field that a schema tags so and the policy does not name.');

const KeyLanguage = z.strictObject({
  mask: MaskLanguage.optional(),
  encrypt: z
    .enum(KEY_METHODS)
    .or(z.strictObject({ seal: SealLanguage }))
    .optional()
    .describe(
      'The key on encrypted: hash (default), keep, drop, or { seal: { deterministic: true } }.',
    ),
  class: valueClass.optional(),
  survivesShred: z
    .boolean()
    .optional()
    .describe('What is made of the key can be turned back after a shred.'),
  equalityOracle: oracle.optional(),
});

const HeaderLanguage = z
  .strictObject({
    class: valueClass.optional(),
    mask: MaskLanguage.optional(),
    encrypt: z
      .enum(HEADER_METHODS)
      .optional()
      .describe('What encrypt does: seal (default), keep or drop.'),
    survivesShred: z
      .boolean()
      .optional()
      .describe('Seals under a key of the dataset: the value can be opened after a shred.'),
    equalityOracle: oracle.optional(),
  })
  .describe('What happens to a header that is not kept on both outputs.');

const headers = z
  .array(z.string().min(1))
  .or(z.record(z.string().min(1), z.literal('keep').or(HeaderLanguage)))
  .describe(
    "The producer's headers that pass, and what happens to each: a list of those that are kept, or a " +
      'map of names to keep or { mask: …, encrypt: … }. All others stay behind.',
  );
export type KeyText = z.infer<typeof KeyLanguage>;
export type HeadersText = z.infer<typeof headers>;

export const DatasetLanguage = z.strictObject({
  revision: z
    .int()
    .min(1)
    .max(REVISION_MAX)
    .describe('A whole number above zero, raised with every change.'),
  presets: z
    .array(z.enum(PRESET_NAMES))
    .optional()
    .describe(
      'Rules by the class of a field, for those that name no mask; what a preset forbids is an error.',
    ),
  topics: TopicsLanguage.optional(),
  format: z
    .enum(FORMATS)
    .optional()
    .describe(
      'Format of the records on Kafka: json (default), or avro, json-schema or protobuf, whose ' +
        'records name their schema in a registry.',
    ),
  subject: z.string().optional().describe('Path of the field that says whom a record is about.'),
  unknownFields: z
    .enum(UNKNOWN_FIELDS)
    .optional()
    .describe('What happens to a field that is not named here: reject (default), drop, encrypt.'),
  undeclaredPersonalData: z
    .enum(UNDECLARED_PERSONAL_DATA)
    .optional()
    .describe(
      'What happens when such a field looks personal, where unknownFields lets it pass: alert ' +
        '(default), reject, or ignore.',
    ),
  tags: z
    .record(z.string().min(1), TagLanguage)
    .optional()
    .describe('What happens to fields that the policy does not name, by their tags in the schema.'),
  producerTokens: z
    .enum(PRODUCER_TOKENS)
    .optional()
    .describe(
      'What happens to a value that already looks sealed: reject (default), or reseal, which seals ' +
        'it once more and still rejects it in a field that stays as it is.',
    ),
  producerSeal: z
    .enum(PRODUCER_SEALS)
    .optional()
    .describe(
      'Whether producers seal whole records before they reach Kafka: allowed (default), required, ' +
        'or refused.',
    ),
  maxRecordBytes: z
    .int()
    .min(1)
    .max(MAX_RECORD_BYTES_CEILING)
    .optional()
    .describe('Largest value of a raw record, in bytes; 1048576 when not given.'),
  deleteAfterIngest: z
    .boolean()
    .optional()
    .describe(
      'Whether ingest deletes behind itself on a raw topic that Sealstream did not create.',
    ),
  key: KeyLanguage.optional(),
  headers: headers.optional(),
  kAnonymity: KAnonymityLanguage.optional(),
  required: z.array(z.string()).optional().describe('Paths that must be there and not null.'),
  fields: z
    .record(z.string(), FieldLanguage)
    .describe('What happens to each field: a JSON Pointer with * for each element or member.'),
});

export const PolicyLanguage = z.strictObject({
  version: z.literal(1).describe('Version of this language.'),
  datasets: z.record(z.string(), DatasetLanguage),
  access: AccessLanguage.optional(),
});

export type FieldText = z.infer<typeof FieldLanguage>;
export type DatasetText = z.infer<typeof DatasetLanguage>;
export type PolicyText = z.infer<typeof PolicyLanguage>;

/** Every word that may stand in a map, for suggestions: by the depth-free name of the map. */
export const WORDS = {
  policy: Object.keys(PolicyLanguage.shape),
  dataset: Object.keys(DatasetLanguage.shape),
  topics: Object.keys(TopicsLanguage.shape),
  key: Object.keys(KeyLanguage.shape),
  tag: Object.keys(TagLanguage.shape),
  field: Object.keys(FieldLanguage.shape),
  header: Object.keys(HeaderLanguage.shape),
  encrypt: ['seal'],
  seal: Object.keys(SealLanguage.shape),
  equalityOracle: ['accepted'],
  kAnonymity: Object.keys(KAnonymityLanguage.shape),
  quasiIdentifier: Object.keys(QuasiIdentifierLanguage.shape),
} as const;
