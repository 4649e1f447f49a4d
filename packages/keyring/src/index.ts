/**
 * keyring: keysets in Redis under outermost keys that Redis never sees.
 *
 * Promises: a process holds keys of its own purposes alone; a keyset is believed only when its
 * signature holds and it is not below its head; a key becomes active only when it is durable in
 * Redis and with the heads; Redis away, known keys work up to a ceiling, then nothing does until
 * Redis is back; keys lie in locked memory, are zeroed when they go, and never show; the key of a
 * shredded subject opens nowhere, nor is it made again.
 */
export { applyKeyring, passingKeyring } from './apply-keyring.ts';
export { eitherProvider } from './either-provider.ts';
export { fileProvider } from './file-provider.ts';
export {
  createKeyFiles,
  createPublicKeyFile,
  createSignerFiles,
  keyFilePath,
  readPublicKeyFile,
  readSignerFile,
} from './key-file.ts';
export {
  KEY_PROVIDERS,
  keyProvider,
  type KeyProviderName,
  type KeyProviderOptions,
} from './key-provider.ts';
export { type Keyring, type KeyringHealth, type KeyringOptions, openKeyring } from './keyring.ts';
export {
  type KeysetAdmin,
  type KeysetAdminOptions,
  type DestroyedKey,
  type KeysetChange,
  openKeysetAdmin,
  type RestoredKeyset,
  type RewrappedKeyset,
} from './keyset-admin.ts';
export { DatasetKeys } from './dataset-keys.ts';
export { type EpochMove, rewrapEpochs } from './epoch-rewrap.ts';
export { epochFilePath, epochFiles } from './epoch-file.ts';
export type { EpochSource } from './epoch-keys.ts';
export type { RotatedEpoch, RotateOptions } from './epoch-rotation.ts';
export type { EpochStore, StoredEpoch } from './epoch-store.ts';
export { type ConsumerKey, readConsumerKey } from './consumer-key.ts';
export {
  type GrantAdmin,
  type GrantAdminOptions,
  type GrantOrder,
  type MadeGrant,
  openGrantAdmin,
} from './grant-admin.ts';
export {
  type GrantResolver,
  type GrantResolverOptions,
  openGrantResolver,
} from './grant-resolver.ts';
export type { ListedGrant } from './grant-store.ts';
export { keysetName } from './keyset-document.ts';
export type { KeysetHeads } from './keyset-heads.ts';
export type { ListedKey, ListedKeyset } from './keyset-listing.ts';
export { type KeysetReader, type KeysetReaderOptions, openKeysetReader } from './keyset-reader.ts';
export { KEY_USES_HIGH } from './key-uses.ts';
export type { OutermostKeys } from './outermost-keys.ts';
export { createFile, readSecretFile, replaceFile } from './secret-file.ts';
export type { Shredded, ShredOrder } from './shred-change.ts';
export type { ShredList } from './shred-list.ts';
export { type ShredReceipt, type SignedReceipt, verifyReceipt } from './shred-receipt.ts';
export {
  type EnsuredSubjects,
  type ListedSubjects,
  openSubjectAdmin,
  type SubjectAdmin,
  type SubjectAdminOptions,
} from './subject-admin.ts';
export {
  openSubjectReader,
  type ShownSubject,
  type SubjectReader,
  type SubjectReaderOptions,
} from './subject-reader.ts';
export type { BackedUp } from './subject-backup.ts';
export type { RestoredSubjects } from './subject-restore.ts';
export {
  openSubjects,
  type Subjects,
  type SubjectsHealth,
  type SubjectsOptions,
} from './subjects.ts';
export { openVault, type Vault } from './vault.ts';
export { openVaultRows, type VaultRows } from './vault-rows.ts';
