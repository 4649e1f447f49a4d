import { createHash } from 'node:crypto';
import type { DatasetTopics } from '@sealstream/contracts';
import type { SealMethod } from '@sealstream/crypto';
import type { MaskRule } from '@sealstream/masking';
import type { ValueType } from '@sealstream/records';
import type {
  ENCRYPT_METHODS,
  FORMATS,
  PRODUCER_SEALS,
  PRODUCER_TOKENS,
  TAG_ENCRYPTS,
  TAG_MASKS,
  UNDECLARED_PERSONAL_DATA,
  UNKNOWN_FIELDS,
} from './language.ts';
import type { PresetName } from './presets.ts';
import type { KAnonymity } from './k-anonymity.ts';
import type { ClassName } from './value-class.ts';

export type EncryptMethod = (typeof ENCRYPT_METHODS)[number];
export type Format = (typeof FORMATS)[number];
export type ProducerSealRule = (typeof PRODUCER_SEALS)[number];
export type ProducerTokens = (typeof PRODUCER_TOKENS)[number];
export type UndeclaredPersonalData = (typeof UNDECLARED_PERSONAL_DATA)[number];
export type UnknownFields = (typeof UNKNOWN_FIELDS)[number];

/** What a policy says about one field. */
export interface Field {
  /** Path pattern: a JSON Pointer with `*` for each element or member; or what stands for a header. */
  readonly path: string;
  readonly types: readonly ValueType[];
  readonly required: boolean;
  readonly mask: MaskRule;
  readonly encrypt: EncryptMethod;
  /** Whether what gives masked values back ends with the subject of their record. */
  readonly maskGoesWithSubject?: true;
  /** How it is sealed, when `encrypt` is seal. */
  readonly seal: SealMethod;
  readonly class?: ClassName;
  /** Which presets gave mask and encrypt; they are no rules of their own, and in no hash. */
  readonly presets?: { readonly mask?: PresetName; readonly encrypt?: PresetName };
}

/** What happens to fields that a schema tags and the policy does not name. */
export interface TagRule {
  readonly mask: (typeof TAG_MASKS)[number];
  readonly encrypt: (typeof TAG_ENCRYPTS)[number];
}

/** A field, a header, or the key of records, which may stand hashed on encrypted. */
export type Part = Omit<Field, 'encrypt'> & { readonly encrypt: EncryptMethod | 'hash' };

/** What a policy says about one dataset, with every default filled in. */
export interface DatasetRules {
  readonly name: string;
  /** A positive integer, raised with every change. */
  readonly revision: number;
  readonly topics: DatasetTopics;
  readonly format: Format;
  /** Largest value of a raw record, in bytes. */
  readonly maxRecordBytes: number;
  /** Path of the field that says whom a record is about. */
  readonly subject?: string;
  readonly unknownFields: UnknownFields;
  /** By tag; of a field with more than one the first that stands here counts. */
  readonly tags?: Readonly<Record<string, TagRule>>;
  /** What happens when an unknown field looks personal, where unknown fields pass. */
  readonly undeclaredPersonalData: UndeclaredPersonalData;
  /** How unknown fields are sealed, when they are. */
  readonly unknownSeal: SealMethod;
  readonly producerTokens: ProducerTokens;
  /** Whether producers seal whole records before they reach Kafka. */
  readonly producerSeal: ProducerSealRule;
  /** The key of records, as a string at the path #key. */
  readonly key: Part;
  /** The producer's headers that pass, as strings at paths that headerName reads. */
  readonly headers: readonly Field[];
  /** Masked holds groups that look alike; undefined where it holds one record for each. */
  readonly kAnonymity?: KAnonymity;
  /** Undefined when the policy does not say. */
  readonly deleteAfterIngest?: boolean;
  /** Paths of the required fields. */
  readonly required: readonly string[];
  readonly fields: readonly Field[];
}

export interface Dataset extends DatasetRules {
  /** Hex SHA-256 of the rules in canonical form: order, white space and comments do not count. */
  readonly sha256: string;
  /** 8 bytes: revision as uint32 BE, then the first 4 bytes of the hash. */
  readonly policyId: Buffer;
}

/** JSON with sorted member names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

const canonicalFields = (fields: readonly Field[]) =>
  fields.map((field) => ({ ...field, presets: undefined })).sort((a, b) => byText(a.path, b.path));

/** Adds the hash and the id that records carry. */
export function identify(rules: DatasetRules): Dataset {
  const sorted = {
    ...rules,
    key: { ...rules.key, presets: undefined },
    headers: canonicalFields(rules.headers),
    required: rules.required.toSorted(byText),
    fields: canonicalFields(rules.fields),
  };
  const digest = createHash('sha256').update(canonical(sorted)).digest();
  const policyId = Buffer.alloc(8);
  policyId.writeUInt32BE(rules.revision, 0);
  digest.copy(policyId, 4, 0, 4);
  return { ...rules, sha256: digest.toString('hex'), policyId };
}
