import type { Purpose } from '@sealstream/contracts';
import { type AwsKmsOptions, awsKmsProvider } from './aws-kms-provider.ts';
import { fileProvider } from './file-provider.ts';
import type { OutermostKeys } from './outermost-keys.ts';
import { type Pkcs11Options, pkcs11Provider } from './pkcs11-provider.ts';

/** Where outermost keys can be. */
export const KEY_PROVIDERS = ['file', 'aws-kms', 'pkcs11'] as const;
export type KeyProviderName = (typeof KEY_PROVIDERS)[number];

/** A provider and what it needs to know. */
export type KeyProviderOptions =
  | { readonly provider: 'file'; readonly dir: string }
  | ({ readonly provider: 'aws-kms' } & AwsKmsOptions)
  | ({ readonly provider: 'pkcs11' } & Pkcs11Options);

/** The outermost keys of these purposes; nothing is read or asked before the first call. */
export function keyProvider(
  options: KeyProviderOptions,
  purposes: readonly Purpose[],
): OutermostKeys {
  if (options.provider === 'file') return fileProvider(options.dir, purposes);
  if (options.provider === 'aws-kms') return awsKmsProvider(options, purposes);
  return pkcs11Provider(options, purposes);
}
