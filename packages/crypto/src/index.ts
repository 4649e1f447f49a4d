/**
 * crypto: what Sealstream does with a key, and nothing about where keys are kept.
 *
 * Promises: no stored key touches data, each use has a key of its own; a field token or sealed
 * record opens only for the dataset, path, stage, coordinate and key id that it was sealed for,
 * byte for byte; there is no trial decryption; keys are handles that show nothing; no error holds a
 * value or a key. Pure: no I/O but random bytes. The forms are published in docs/wire-format.md.
 */
export {
  type Algorithm,
  deriveKey,
  FIELD_ALGORITHMS,
  type FieldAlgorithm,
  type Format,
  type KeyUse,
} from './derivation.ts';
export { fieldCipher } from './cipher-of-method.ts';
export type { FieldCipher } from './field-cipher.ts';
export { ForwardedKeys } from './forwarded-keys.ts';
export { isKeyId, KEY_ID_CHARACTERS } from './field-token.ts';
export { looksLikeToken } from './looks-sealed.ts';
export {
  type BoundTo,
  DEFAULT_SEAL,
  type FieldForm,
  isDeterministic,
  type SealMethod,
} from './seal-method.ts';
export type { OpenedField, PlainType } from './typed-block.ts';
export { copyKey, destroyKey, KEY_BYTES, type KeyHandle, keyHandle } from './key-handle.ts';
export type {
  ActiveKey,
  KeySource,
  PublicKey,
  RecordIdentity,
  ShreddedSubjects,
  SubjectKeySource,
  TokenShape,
  TokenVault,
  VaultField,
} from './key-source.ts';
export {
  generateKey,
  generateKeyPair,
  keyDigest,
  publicKeyOf,
  unwrapKey,
  type WrapContext,
  wrapKey,
  WRAPPED_BYTES,
} from './key-wrap.ts';
export type { ByteSink } from './byte-sink.ts';
export {
  FORMAT_ALPHABETS,
  type FormatAlphabet,
  FormatCipher,
  formatLengthMin,
} from './format-cipher.ts';
export { DIGEST_BYTES, KeyedHash } from './keyed-hash.ts';
export type { RangeBinding, RecordBinding } from './record-binding.ts';
export {
  behindProducerMarker,
  looksProducerSealed,
  PRODUCER_SEAL_BYTES,
  ProducerCipher,
} from './producer-cipher.ts';
export { PUBLIC_KEY_FORM } from './public-key-form.ts';
export { RecordCipher } from './record-cipher.ts';
export { Scratch } from './scratch.ts';
export { type DocumentForm, openWith, type SignedDocument, signWith } from './signed-document.ts';
export { GRANT_FORM } from './grant-form.ts';
export {
  generateSigner,
  publicKeyPem,
  readPublicKey,
  readSigner,
  signDocument,
  type Signer,
  verifyDocument,
} from './signer.ts';
export { type OpenedRow, subjectOfRow, VaultCipher, type VaultRowKind } from './vault-cipher.ts';
export {
  type NoteSignature,
  type NoteVerifier,
  openNote,
  type OpenedNote,
  parseVerifierKey,
  signNote,
  verifierKey,
} from './signed-note.ts';
