import { KEY_PAIR_PURPOSES, KEYSET_PURPOSES, type Purpose } from '@sealstream/contracts';
import {
  type Algorithm,
  type DocumentForm,
  FIELD_ALGORITHMS,
  isKeyId,
  openWith,
  type SignedDocument,
  type Signer,
  signWith,
  type WrapContext,
  WRAPPED_BYTES,
} from '@sealstream/crypto';
import { z } from 'zod';

/** The algorithm of the keys of each purpose; those that seal fields may have others besides. */
export const ALGORITHMS: Readonly<Record<Purpose, Algorithm>> = {
  accepted: 'xchacha20-poly1305',
  rejected: 'x25519',
  field: 'xchacha20-poly1305',
  subject: 'xchacha20-poly1305',
  'subject-index': 'blake2b-128',
  hash: 'blake2b-128',
  fpe: 'aes-256-ff1',
  vault: 'xchacha20-poly1305',
  producer: 'x25519',
};

/** The algorithms that keys of a purpose may have. */
export function algorithmsOf(purpose: Purpose): readonly Algorithm[] {
  return purpose === 'field' ? FIELD_ALGORITHMS : [ALGORITHMS[purpose]];
}

/** Of these, equal values are found, or become equal, by every key there is. */
const JOINED: readonly Purpose[] = ['hash', 'fpe', 'vault', 'subject-index'];

/** Keys on which joins rest: they stay until somebody asks for a new epoch. */
export function neverRotates(purpose: Purpose, algorithm: Algorithm): boolean {
  return JOINED.includes(purpose) || algorithm === 'xchacha20-poly1305-siv';
}

const DIGEST_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;

const bytes = (length: number) =>
  z.string().refine((text) => {
    const decoded = Buffer.from(text, 'base64url');
    return decoded.length === length && decoded.toString('base64url') === text;
  });

const KeysetKey = z.strictObject({
  id: z.string().refine(isKeyId),
  state: z.enum(['pending', 'active', 'decrypt-only', 'destroyed']),
  algorithm: z.enum([...FIELD_ALGORITHMS, 'blake2b-128', 'aes-256-ff1', 'x25519']),
  created: z.iso.datetime(),
  /** Under the keyset's wrapping key; gone when destroyed. */
  wrapped: bytes(WRAPPED_BYTES).optional(),
  /** Check value of the key itself. */
  digest: bytes(DIGEST_BYTES),
  /** Of key pairs alone. */
  publicKey: bytes(PUBLIC_KEY_BYTES).optional(),
});
export type KeysetKey = z.infer<typeof KeysetKey>;

/** Whether no algorithm has two keys in this state. */
function atMostOneEach(keys: readonly KeysetKey[], wanted: KeysetKey['state']): boolean {
  const found = keys.filter(({ state }) => state === wanted).map(({ algorithm }) => algorithm);
  return new Set(found).size === found.length;
}

/** One keyset: all keys of one purpose for one dataset. Byte strings are base64url. */
const KeysetDocument = z
  .strictObject({
    type: z.literal('sealstream-keyset'),
    v: z.literal(1),
    purpose: z.enum(KEYSET_PURPOSES),
    dataset: z.string().min(1),
    /** 1, 2, …: one more with every change. */
    version: z.int().min(1),
    changed: z.iso.datetime(),
    /** The wrapping key, under the purpose's outermost key; form as the provider makes it. */
    wrappingKey: z.base64url(),
    keys: z.array(KeysetKey).min(1),
  })
  .refine(({ purpose, keys }) => {
    const pair = KEY_PAIR_PURPOSES.includes(purpose);
    return (
      new Set(keys.map(({ id }) => id)).size === keys.length &&
      atMostOneEach(keys, 'active') &&
      atMostOneEach(keys, 'pending') &&
      keys.every(({ algorithm }) => algorithmsOf(purpose).includes(algorithm)) &&
      keys.every((key) => (key.publicKey !== undefined) === pair) &&
      keys.every((key) => (key.wrapped === undefined) === (key.state === 'destroyed'))
    );
  });
export type KeysetDocument = z.infer<typeof KeysetDocument>;

/** A keyset whose signature holds. */
export type SignedKeyset = SignedDocument<KeysetDocument>;

/** `purpose/dataset`: the name of a keyset in Redis, on the keyring topic and in messages. */
export function keysetName(purpose: Purpose, dataset: string): string {
  return `${purpose}/${dataset}`;
}

/** Whether a name among the heads is that of a keyset, and not of a register of subjects. */
export function isKeysetName(name: string): boolean {
  return !name.startsWith('subject/');
}

/** What a wrapping key is bound to. */
export function wrappingContext(purpose: Purpose, dataset: string): WrapContext {
  return ['wrapping key', purpose, dataset];
}

/** What a wrapped data key is bound to: keyset, key id, algorithm, purpose, creation time. */
export function keyContext(
  { purpose, dataset }: Pick<KeysetDocument, 'purpose' | 'dataset'>,
  { id, algorithm, created }: Pick<KeysetKey, 'id' | 'algorithm' | 'created'>,
): WrapContext {
  return [keysetName(purpose, dataset), id, algorithm, purpose, created];
}

/** How keysets are signed. */
export const KEYSET_FORM: DocumentForm<KeysetDocument> = {
  domain: 'sealstream/v1 keyset\n',
  parse: (value) => KeysetDocument.parse(value),
  nameOf: ({ purpose, dataset }) => keysetName(purpose, dataset),
};

/** Signs a document: one line of JSON, one line of base64url signature. */
export function signKeyset(document: KeysetDocument, signer: Signer): SignedKeyset {
  return signWith(KEYSET_FORM, document, signer);
}

/**
 * Reads a signed document that should be the named keyset.
 * Throws KEYSET_BAD_SIGNATURE before it looks inside, KEYSET_UNREADABLE when the inside is wrong.
 */
export function openSignedKeyset(
  name: string,
  input: Uint8Array,
  signerPublicKey: Uint8Array,
): SignedKeyset {
  return openWith(KEYSET_FORM, name, input, signerPublicKey);
}
